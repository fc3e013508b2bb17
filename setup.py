# SPDX-License-Identifier: MIT
"""Builds the extension modules and, where there is no ncrypt.dll, the engine that they call.

All static metadata is in pyproject.toml. Environment switches, for developers:

    NCRYPT_EXT_SANITIZE=address,undefined   (or thread) instrument the engine and the extensions
    NCRYPT_EXT_COVERAGE=1                   compile the engine for gcov
    NCRYPT_EXT_TRACE_BUILD=1                Cython line tracing, with C files beside the .pyx
"""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from glob import glob
from pathlib import Path
from typing import Any, NamedTuple

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

MODULES = [
    "_status",
    "_buffer",
    "_wide",
    "_der",
    "_handle",
    "_padding",
    "_property_handle",
    "_key_base",
    "_key_device",
    "_key_security",
    "_key_properties",
    "_key_public",
    "_key_signing",
    "_key_batch",
    "_key_encryption",
    "_secret",
    "_key_agreement",
    "_key",
    "_key_unfinalized",
    "_key_iterator",
    "_notification",
    "_provider",
    "_capi_error",
    "_capi_key",
    "_capi",
    "_certificate",
]
# These need the web services half; nothing else loads it.
WS_MODULES = [
    "_ws_handle",
    "_ws_error",
    "_ws_heap",
    "_ws_xml",
    "_ws_keyhandle",
    "_ws_signer",
    "_ws_token",
    "_ws_security",
    "_ws_exchange",
    "_ws_channel_setup",
    "_ws_channel",
]
PORTABLE_MODULES = ["_engine"]
# Cython's own code that all of them use, once instead of in each: a tenth of what they weigh.
SHARED = "_cython"
SHARED_LACKS = ["AutoPickle", "MemoryView"]  # of that code, what none of them uses
# bcrypt first: MinGW's library for ncrypt.dll has the names of both.
WINDOWS_LIBRARIES = ["bcrypt", "ncrypt", "advapi32", "crypt32"]
WINDOWS_WS_LIBRARIES = ["webservices"]


class OptionalPart(NamedTuple):
    """What an engine has where a library of the system is, and what stands for it elsewhere."""

    libraries: list[str]  # of the system, by pkg-config's names: all or none are used
    sources: str  # a pattern under ncrypt_ext/portable
    missing: str  # the one source that takes their place


class Engine(NamedTuple):
    """A shared library in the package."""

    name: str
    folders: list[str]  # of C sources, under ncrypt_ext/portable
    map: str  # what it exports
    libraries: list[str]  # of the system, by pkg-config's names
    engines: list[str]  # others of these
    optional: OptionalPart | None = None


CORE = Engine(
    "ncrypt_ext_core",
    ["bcrypt", "common", "ncrypt", "ncrypt/blob", "ncrypt/key", "ncrypt/store", "wincrypt"],
    "ncrypt_ext/portable/core.map",
    ["libcrypto", "sqlite3"],
    [],
)
WS = Engine(
    "ncrypt_ext_ws",
    ["webservices"],
    "ncrypt_ext/portable/ws.map",
    ["libxml-2.0"],
    [CORE.name],
    OptionalPart(
        ["libcurl", "libssl", "libcrypto"], "webservices/http_curl*.c", "webservices/http_missing.c"
    ),
)
ENGINES = [CORE, WS]
# The only headers of ours that Windows may see: the others would stand in for the SDK's own.
WINDOWS_HEADERS = ["ncrypt_ext_compat.h", "ncrypt_ext_ws.h"]
ENGINE_INCLUDES = ["include", "ncrypt_ext/portable", "ncrypt_ext"]
HARDENING = ["-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2", "-fstack-protector-strong"]

WINDOWS = sys.platform == "win32"
MACOS = sys.platform == "darwin"
SANITIZE = os.environ.get("NCRYPT_EXT_SANITIZE", "")
COVERAGE = bool(os.environ.get("NCRYPT_EXT_COVERAGE"))
TRACE = bool(os.environ.get("NCRYPT_EXT_TRACE_BUILD"))
# Symbols are bound when a library is loaded. Calls that go straight to them, not through a table of
# jumps, touch less of the processor's cache.
OPTIMIZE = ["-O2", "-g0", *([] if MACOS else ["-fno-plt"])]
# Builds of different kinds never share an object file.
KIND = "".join(
    [
        f"-{SANITIZE.replace(',', '-')}" if SANITIZE else "",
        "-coverage" if COVERAGE else "",
        "-trace" if TRACE else "",
    ]
)

# name for pkg-config: least version; packages on Debian and Ubuntu, Fedora, Alpine, Homebrew
SYSTEM_LIBRARIES = {
    "libcrypto": ("3.0", "libssl-dev", "openssl-devel", "openssl-dev", "openssl@3"),
    "sqlite3": ("3.34", "libsqlite3-dev", "sqlite-devel", "sqlite-dev", "sqlite"),
    "libxml-2.0": ("2.9.7", "libxml2-dev", "libxml2-devel", "libxml2-dev", "libxml2"),
    "libssl": ("3.0", "libssl-dev", "openssl-devel", "openssl-dev", "openssl@3"),
    "libcurl": ("7.68", "libcurl4-openssl-dev", "libcurl-devel", "curl-dev", "curl"),
}


def pkg_config(*arguments: str) -> list[str] | None:
    """What pkg-config answers, in words; None when it does not know the libraries."""
    environment = dict(os.environ)
    if MACOS and shutil.which("brew"):
        # Homebrew keeps these out of the default search path.
        found = [
            subprocess.run(["brew", "--prefix", packages[-1]], capture_output=True, text=True)
            for (*packages,) in SYSTEM_LIBRARIES.values()
        ]
        folders = [f"{brew.stdout.strip()}/lib/pkgconfig" for brew in found if brew.returncode == 0]
        ours = [environment["PKG_CONFIG_PATH"]] if environment.get("PKG_CONFIG_PATH") else []
        environment["PKG_CONFIG_PATH"] = ":".join(ours + folders)

    command = [os.environ.get("PKG_CONFIG", "pkg-config"), *arguments]
    try:
        answer = subprocess.run(command, env=environment, capture_output=True, text=True)
    except FileNotFoundError:
        sys.exit(
            f"ncrypt_ext: {command[0]} was not found; install pkg-config (Debian, Ubuntu), "
            "pkgconf-pkg-config (Fedora), pkgconf (Alpine) or pkgconf (Homebrew)"
        )
    return answer.stdout.split() if answer.returncode == 0 else None


def is_installed(name: str) -> bool:
    return pkg_config("--exists", f"{name} >= {SYSTEM_LIBRARIES[name][0]}") is not None


def system_libraries(wanted: list[str]) -> tuple[list[str], list[str]]:
    """The compiler's and the linker's flags for these libraries under the engine."""
    for name in wanted:
        version, debian, fedora, alpine, homebrew = SYSTEM_LIBRARIES[name]
        if not is_installed(name):
            sys.exit(
                f"ncrypt_ext: {name} {version} or newer was not found by pkg-config; install "
                f"{debian} (Debian, Ubuntu), {fedora} (Fedora), {alpine} (Alpine), "
                f"{homebrew} (Homebrew)"
            )
    return pkg_config("--cflags", *wanted) or [], pkg_config("--libs", *wanted) or []


def sources_and_libraries(engine: Engine) -> tuple[list[str], list[str]]:
    """What of an engine is compiled here, and the libraries of the system that it needs."""
    root = "ncrypt_ext/portable"
    sources = {source for part in engine.folders for source in glob(f"{root}/{part}/*.c")}
    libraries = list(engine.libraries)
    if engine.optional:
        if all(is_installed(name) for name in engine.optional.libraries):
            libraries += engine.optional.libraries
            sources -= {f"{root}/{engine.optional.missing}"}
        else:
            sources -= set(glob(f"{root}/{engine.optional.sources}"))
    return sorted(sources), libraries


def instrumentation() -> list[str]:
    flags = ["-O1", "-g", "-fno-omit-frame-pointer"] if SANITIZE else []
    return flags + ([f"-fsanitize={SANITIZE}", "-fno-sanitize-recover=all"] if SANITIZE else [])


def extensions(windows: bool = WINDOWS) -> list[Extension]:
    """Every extension module, for Windows or for the platforms that have the engine."""
    settings: dict[str, list[str]] = {}
    defines: list[tuple[str, str | None]] = []
    if windows:
        settings = {
            "include_dirs": ["build/include-windows", "ncrypt_ext"],
            "libraries": WINDOWS_LIBRARIES,
            # For size: the work is done in Windows' libraries.
            "extra_compile_args": ["/O1", "/DNDEBUG"],
        }
    else:
        origin = "@loader_path" if MACOS else "$ORIGIN"
        settings = {
            "include_dirs": ["include", "ncrypt_ext"],
            "libraries": [CORE.name],
            "extra_compile_args": instrumentation() or OPTIMIZE,
            "extra_link_args": [f"-Wl,-rpath,{origin}", *instrumentation()]
            + (
                []
                if MACOS
                else ["-Wl,--enable-new-dtags", "-Wl,-z,relro,-z,now", "-Wl,-z,noexecstack"]
            ),
        }
    if TRACE:
        defines += [("CYTHON_TRACE_NOGIL", "1"), ("CYTHON_USE_SYS_MONITORING", "0")]
    headers = glob("include/*.h") + glob("ncrypt_ext/*.h")

    def extension(name: str, more_libraries: list[str]) -> Extension:
        return Extension(
            f"ncrypt_ext.{name}",
            [f"ncrypt_ext/{name}.pyx"],
            depends=headers,
            define_macros=defines,
            **{**settings, "libraries": more_libraries + settings["libraries"]},
        )

    shared = extension(SHARED, [])
    shared.sources = [f"ncrypt_ext/{SHARED}.c"]  # which Cython makes
    return [
        shared,
        *(extension(name, []) for name in MODULES + ([] if windows else PORTABLE_MODULES)),
        *(extension(name, WINDOWS_WS_LIBRARIES if windows else [WS.name]) for name in WS_MODULES),
    ]


def cythonized(modules: list[Extension]) -> list[Extension]:
    """The same extensions with C sources, written anew where something they depend on changed."""
    from Cython.Build import cythonize

    return cythonize(
        modules,
        build_dir=None if TRACE else "build/cython",
        include_path=["."],
        quiet=True,
        shared_utility_qualified_name=f"ncrypt_ext.{SHARED}",
        shared_utility_features_disabled=SHARED_LACKS,
        compiler_directives={
            "language_level": 3,
            "auto_pickle": False,
            "autotestdict": False,
            # Methods of C instead of objects of Cython's: a fifth smaller, and called faster. Their
            # signatures are kept for inspect and help().
            "binding": False,
            "embedsignature": True,
            "embedsignature.format": "clinic",
            "linetrace": TRACE,
        },
    )


def stage_windows_headers(folder: str = "build/include-windows") -> None:
    os.makedirs(folder, exist_ok=True)
    for header in WINDOWS_HEADERS:
        shutil.copy2(f"include/{header}", folder)


def replace_if_different(source: str, target: str) -> None:
    """Replaces the file as a whole: a running process may have the old one mapped."""
    if not os.path.exists(target) or not filecmp.cmp(source, target, shallow=False):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(source, f"{target}.new")
        os.replace(f"{target}.new", target)


class BuildExtensions(build_ext):
    """Builds the engine's shared libraries in the package, then their callers, the extensions."""

    def run(self) -> None:
        if self.inplace or getattr(self, "editable_mode", False):
            # Kept between builds, so that only what changed is built again.
            tag = f"{sysconfig.get_platform()}-{sys.implementation.cache_tag}{KIND}"
            self.build_lib, self.build_temp = f"build/lib.{tag}", f"build/temp.{tag}"
        elif KIND:
            self.force = True
        self.parallel = self.parallel or os.cpu_count()
        super().run()

    def build_extensions(self) -> None:
        if WINDOWS:
            stage_windows_headers()
        # Cython runs on one processor: the others compile the engine meanwhile.
        with ThreadPoolExecutor(1) as beside:
            built = beside.submit(self.build_engines)
            with_sources = {module.name: module for module in cythonized(extensions())}
            library_dirs = built.result()
        for module in self.extensions:
            module.sources = with_sources[module.name].sources
            module.depends = with_sources[module.name].depends
            module.library_dirs = list(library_dirs)
        super().build_extensions()

    def build_engines(self) -> list[str]:
        """The folders of the engine's libraries, which are built where they are needed."""
        libraries = [] if WINDOWS else [self.build_engine(engine) for engine in ENGINES]
        for library in libraries:
            replace_if_different(
                library, os.path.join(self.build_lib, "ncrypt_ext", Path(library).name)
            )
        return sorted({os.path.dirname(library) for library in libraries})

    def build_engine(self, engine: Engine) -> str:
        """Compiles what changed and links it; returns the path of the library."""
        sources, libraries = sources_and_libraries(engine)
        include_flags, library_flags = system_libraries(libraries)
        folder = f"build/engine.{sysconfig.get_platform()}{KIND}"
        flags = ["-std=c11", "-D_GNU_SOURCE", "-pthread", "-MMD", *include_flags]
        flags += instrumentation() or (
            ["-O0", "-g", "--coverage"] if COVERAGE else [*OPTIMIZE, *HARDENING]
        )

        def compile_one(source: str) -> str:
            target = f"{folder}/{Path(source).with_suffix('.o')}"
            if self.force or is_outdated(target):
                self.compiler.compile(
                    [source], output_dir=folder, include_dirs=ENGINE_INCLUDES, extra_postargs=flags
                )
            return target

        with ThreadPoolExecutor(self.parallel) as pool:
            objects = list(pool.map(compile_one, sources))
        library = f"{folder}/{library_name(engine.name)}"
        listed = Path(folder, f"{engine.name}.txt")  # changes when a source or a library does
        if not listed.exists() or listed.read_text() != "\n".join(objects + library_flags):
            listed.write_text("\n".join(objects + library_flags))
        inputs = [*objects, str(listed), engine.map]
        inputs += [f"{folder}/{library_name(name)}" for name in engine.engines]
        newest = max(os.path.getmtime(file) for file in inputs)
        if self.force or not os.path.exists(library) or os.path.getmtime(library) < newest:
            self.link_engine(engine, objects, library, library_flags)
        return library

    def link_engine(
        self, engine: Engine, objects: list[str], library: str, library_flags: list[str]
    ) -> None:
        name = Path(library).name
        if MACOS:
            exported = Path(library).with_suffix(".exported")
            symbols = re.findall(r"^\s+(\w+\*?);", Path(engine.map).read_text(), re.MULTILINE)
            exported.write_text("".join(f"_{symbol}\n" for symbol in symbols))
            flags = [f"-Wl,-install_name,@rpath/{name}", f"-Wl,-exported_symbols_list,{exported}"]
            flags += ["-Wl,-rpath,@loader_path"] if engine.engines else []
        else:
            flags = [f"-Wl,-soname,{name}", f"-Wl,--version-script,{engine.map}"]
            flags += ["-Wl,--as-needed", "-Wl,-z,relro,-z,now", "-Wl,-z,noexecstack"]
            flags += ["-Wl,--exclude-libs,ALL", *([] if SANITIZE else ["-Wl,-z,defs"])]
            flags += ["-Wl,-rpath,$ORIGIN", "-Wl,--enable-new-dtags"] if engine.engines else []
        flags += instrumentation() + (["--coverage"] if COVERAGE else [])
        linker = self.compiler.linker_so
        if MACOS:
            # What links an extension module makes a bundle, and nothing can link to a bundle.
            unwanted = {"-bundle", "-undefined", "dynamic_lookup"}
            self.compiler.linker_so = [word for word in linker if word not in unwanted] + [
                "-dynamiclib"
            ]
        try:
            self.compiler.link_shared_object(
                objects,
                library,
                libraries=engine.engines,
                library_dirs=[os.path.dirname(library)] if engine.engines else [],
                extra_postargs=[*flags, *library_flags, "-pthread", "-lm"],
            )
        finally:
            self.compiler.linker_so = linker

    def copy_extensions_to_source(self) -> None:
        """For in-place and editable builds: the libraries go beside the extensions."""
        built = [self.get_ext_filename(module.name) for module in self.extensions]
        built += [] if WINDOWS else [f"ncrypt_ext/{library_name(one.name)}" for one in ENGINES]
        for path in built:
            replace_if_different(os.path.join(self.build_lib, path), path)


def library_name(engine: str) -> str:
    return f"lib{engine}{'.dylib' if MACOS else '.so'}"


class BuildPython(build_py):
    """Puts the header that the .pxd files need beside the others: one include folder for users."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            include = os.path.join(self.build_lib, "ncrypt_ext", "include")
            self.copy_file("ncrypt_ext/_lease.h", include)


def is_outdated(target: str) -> bool:
    """Whether a source or header that the compiler listed for this object file is newer than it."""
    try:
        listed = Path(target).with_suffix(".d").read_text().split(":", 1)[1].replace("\\\n", " ")
        return max(os.path.getmtime(file) for file in listed.split()) > os.path.getmtime(target)
    except OSError:
        return True


def arguments(windows: bool = WINDOWS) -> dict[str, Any]:
    """What setup() is called with. tools/windows builds Windows' wheel elsewhere from the same."""
    return {
        "ext_modules": extensions(windows),
        "packages": [
            "ncrypt_ext",
            "ncrypt_ext.integrations",
            "ncrypt_ext.ws",
            "ncrypt_ext.include",
        ],
        "package_dir": {"ncrypt_ext.include": "include"},
        "package_data": {
            "ncrypt_ext": ["*.pxd", "*.pyi", "py.typed"],
            "ncrypt_ext.ws": ["*.pyi"],
            # Our declarations of Microsoft's headers stay out of it: the SDK has its own.
            "ncrypt_ext.include": WINDOWS_HEADERS if windows else ["*.h"],
        },
        # Nor is there anything of the engine's.
        "exclude_package_data": {"ncrypt_ext": ["_engine.pyi", "engine.pxd"]} if windows else {},
        "include_package_data": False,
    }


if __name__ == "__main__":
    setup(cmdclass={"build_ext": BuildExtensions, "build_py": BuildPython}, **arguments())
