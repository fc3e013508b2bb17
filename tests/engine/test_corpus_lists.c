/* SPDX-License-Identifier: MIT */
#include "../fuzz/fuzz_lists.c"
#include "corpus_support.h"

static void test_corpus(void)
{
    corpus_run("../fuzz/corpus/lists", 1);
}

int main(void)
{
    RUN(test_corpus);
    return test_result("corpus_lists");
}
