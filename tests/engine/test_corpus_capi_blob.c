/* SPDX-License-Identifier: MIT */
#include "../fuzz/fuzz_capi_blob.c"
#include "corpus_support.h"

static void test_corpus(void)
{
    corpus_run("../fuzz/corpus/capi_blob", 4);
}

int main(void)
{
    RUN(test_corpus);
    return test_result("corpus_capi_blob");
}
