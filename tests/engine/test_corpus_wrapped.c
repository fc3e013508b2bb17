/* SPDX-License-Identifier: MIT */
#include "../fuzz/fuzz_wrapped.c"
#include "corpus_support.h"

static void test_corpus(void)
{
    corpus_run("../fuzz/corpus/wrapped", 1);
}

int main(void)
{
    RUN(test_corpus);
    return test_result("corpus_wrapped");
}
