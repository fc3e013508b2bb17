// SPDX-License-Identifier: MIT
// Verifies the signature in each message of a JSON list on stdin, {message, certificate} with the
// message in base64 and the certificate as PEM. Writes a list with null for each that is right, else why not.
"use strict";

const { SignedXml } = require("xml-crypto");
const { DOMParser } = require("@xmldom/xmldom");

const DSIG = "http://www.w3.org/2000/09/xmldsig#";
const WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";

function signatureOf(text) {
  const security = new DOMParser().parseFromString(text, "text/xml").getElementsByTagNameNS(WSSE, "Security");
  const found = Array.from(security[0] ? security[0].childNodes : []).filter(
    (node) => node.localName === "Signature" && node.namespaceURI === DSIG
  );
  if (found.length !== 1) {
    throw new Error(`${found.length} signatures in the security header`);
  }
  return found[0];
}

function complaint({ message, certificate }) {
  try {
    const text = Buffer.from(message, "base64").toString("utf8");
    const verifier = new SignedXml({ publicCert: certificate, idMode: "wssecurity" });
    verifier.loadSignature(signatureOf(text));
    return verifier.checkSignature(text) ? null : "the signature is wrong";
  } catch (error) {
    return String(error.message);
  }
}

const messages = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(messages.map(complaint)));
