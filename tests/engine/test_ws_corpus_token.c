/* SPDX-License-Identifier: MIT */
#include "../fuzz/fuzz_ws_token.c"
#include "ws_corpus_support.h"

static void test_corpus(void)
{
    corpus_run("../fuzz/corpus/ws_token", 60);
}

int main(void)
{
    RUN(test_corpus);
    corpus_end();
    return test_result("ws_corpus_token");
}
