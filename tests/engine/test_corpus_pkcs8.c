/* SPDX-License-Identifier: MIT */
#include "../fuzz/fuzz_pkcs8.c"
#include "corpus_support.h"

static void test_corpus(void)
{
    corpus_run("../fuzz/corpus/pkcs8", 1);
}

int main(void)
{
    RUN(test_corpus);
    return test_result("corpus_pkcs8");
}
