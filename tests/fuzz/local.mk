# SPDX-License-Identifier: BSD-3-Clause
# A fuzz target is a program of one source file of the same name. Linked with replay.c it tries the
# inputs in tests/fuzz/corpus/NAME; with --enable-fuzzing libFuzzer makes more, or with
# --enable-fuzzing=afl AFL++ does (scripts/fuzz).
if HAVE_CMOCKA
tg_fuzz = tests/fuzz/policy tests/fuzz/list tests/fuzz/settings tests/fuzz/rpz tests/fuzz/image \
	tests/fuzz/signature tests/fuzz/event tests/fuzz/log tests/fuzz/clientid tests/fuzz/dname \
	tests/fuzz/decide
check_LTLIBRARIES += tests/fuzz/libtgfuzz.la
tests_fuzz_libtgfuzz_la_SOURCES = tests/fuzz/fuzz.h tests/fuzz/fuzz.c
if FUZZING
tg_fuzz_flags = -fsanitize=fuzzer $(AM_LDFLAGS)
else
tg_fuzz_flags = $(AM_LDFLAGS)
if FUZZING_AFL
tests_fuzz_libtgfuzz_la_SOURCES += tests/fuzz/persistent.c
else
tests_fuzz_libtgfuzz_la_SOURCES += tests/fuzz/replay.c
tg_fuzz_tests = tests/fuzz/replay.sh
endif
endif
tg_fuzz_libs = tests/fuzz/libtgfuzz.la tools/libtgtool.la tests/support/libtgtest.la module/libtgevent.la \
	policy/libtldguard.la $(CMOCKA_LIBS) $(JANSSON_LIBS) $(LDNS_LIBS) $(LIBCRYPTO_LIBS) $(PTHREAD_LIBS)

check_PROGRAMS += $(tg_fuzz)
tests_fuzz_policy_LDFLAGS = $(tg_fuzz_flags)
tests_fuzz_policy_LDADD = $(tg_fuzz_libs)
tests_fuzz_list_LDFLAGS = $(tg_fuzz_flags)
tests_fuzz_list_LDADD = $(tg_fuzz_libs)
tests_fuzz_settings_LDFLAGS = $(tg_fuzz_flags)
tests_fuzz_settings_LDADD = $(tg_fuzz_libs)
tests_fuzz_rpz_LDFLAGS = $(tg_fuzz_flags)
tests_fuzz_rpz_LDADD = $(tg_fuzz_libs)
tests_fuzz_image_LDFLAGS = $(tg_fuzz_flags)
tests_fuzz_image_LDADD = $(tg_fuzz_libs)
tests_fuzz_signature_LDFLAGS = $(tg_fuzz_flags)
tests_fuzz_signature_LDADD = $(tg_fuzz_libs)
tests_fuzz_event_LDFLAGS = $(tg_fuzz_flags)
tests_fuzz_event_LDADD = $(tg_fuzz_libs)
tests_fuzz_log_LDFLAGS = $(tg_fuzz_flags)
tests_fuzz_log_LDADD = $(tg_fuzz_libs)
tests_fuzz_clientid_LDFLAGS = $(tg_fuzz_flags)
tests_fuzz_clientid_LDADD = $(tg_fuzz_libs)
tests_fuzz_dname_LDFLAGS = $(tg_fuzz_flags)
tests_fuzz_dname_LDADD = $(tg_fuzz_libs)
tests_fuzz_decide_LDFLAGS = $(tg_fuzz_flags)
tests_fuzz_decide_LDADD = $(tg_fuzz_libs)
# These alone.
fuzz-targets: $(tg_fuzz)
endif
TESTS += $(tg_fuzz_tests)
EXTRA_DIST += tests/fuzz/replay.sh tests/fuzz/corpus tests/fuzz/covers tests/fuzz/leaks
