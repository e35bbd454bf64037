/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tldguard/rrtype.h"

#include <string.h>
#include <strings.h>

/*
 * IANA "Domain Name System (DNS) Parameters", resource record (RR) TYPEs.
 * X(number, mnemonic). 255 is "*" there; ANY is what people and tools write.
 */
/* clang-format off */
#define RRTYPE_MAP(X)                                                      \
    X(1, "A") X(2, "NS") X(3, "MD") X(4, "MF") X(5, "CNAME") X(6, "SOA")   \
    X(7, "MB") X(8, "MG") X(9, "MR") X(10, "NULL") X(11, "WKS")            \
    X(12, "PTR") X(13, "HINFO") X(14, "MINFO") X(15, "MX") X(16, "TXT")    \
    X(17, "RP") X(18, "AFSDB") X(19, "X25") X(20, "ISDN") X(21, "RT")      \
    X(22, "NSAP") X(23, "NSAP-PTR") X(24, "SIG") X(25, "KEY") X(26, "PX")  \
    X(27, "GPOS") X(28, "AAAA") X(29, "LOC") X(30, "NXT") X(31, "EID")     \
    X(32, "NIMLOC") X(33, "SRV") X(34, "ATMA") X(35, "NAPTR") X(36, "KX")  \
    X(37, "CERT") X(38, "A6") X(39, "DNAME") X(40, "SINK") X(41, "OPT")    \
    X(42, "APL") X(43, "DS") X(44, "SSHFP") X(45, "IPSECKEY")              \
    X(46, "RRSIG") X(47, "NSEC") X(48, "DNSKEY") X(49, "DHCID")            \
    X(50, "NSEC3") X(51, "NSEC3PARAM") X(52, "TLSA") X(53, "SMIMEA")       \
    X(55, "HIP") X(56, "NINFO") X(57, "RKEY") X(58, "TALINK") X(59, "CDS") \
    X(60, "CDNSKEY") X(61, "OPENPGPKEY") X(62, "CSYNC") X(63, "ZONEMD")    \
    X(64, "SVCB") X(65, "HTTPS") X(66, "DSYNC") X(67, "HHIT")              \
    X(68, "BRID") X(99, "SPF") X(100, "UINFO") X(101, "UID")               \
    X(102, "GID") X(103, "UNSPEC") X(104, "NID") X(105, "L32")             \
    X(106, "L64") X(107, "LP") X(108, "EUI48") X(109, "EUI64")             \
    X(128, "NXNAME") X(249, "TKEY") X(250, "TSIG") X(251, "IXFR")          \
    X(252, "AXFR") X(253, "MAILB") X(254, "MAILA") X(255, "ANY")           \
    X(256, "URI") X(257, "CAA") X(258, "AVC") X(259, "DOA")                \
    X(260, "AMTRELAY") X(261, "RESINFO") X(262, "WALLET") X(263, "CLA")    \
    X(264, "IPN") X(32768, "TA") X(32769, "DLV")
/* clang-format on */

#define RRTYPE_MNEMONIC_MAX 12 /* with the NUL; the caller's buffer has 16 */

#define RRTYPE_FITS(number, mnemonic) \
    _Static_assert(sizeof(mnemonic) <= RRTYPE_MNEMONIC_MAX, mnemonic " is too long");
RRTYPE_MAP(RRTYPE_FITS)
#undef RRTYPE_FITS

static const char *mnemonic_of(uint16_t type)
{
    switch (type) {
#define RRTYPE_CASE(number, mnemonic) \
    case number:                      \
        return mnemonic;
        RRTYPE_MAP(RRTYPE_CASE)
#undef RRTYPE_CASE
    default:
        return NULL;
    }
}

const char *tg_rrtype_text(uint16_t type, char text[16])
{
    const char *mnemonic = mnemonic_of(type);
    char *end = text + sizeof("TYPE65535") - 1;
    uint16_t rest = type;

    if (mnemonic != NULL) {
        memcpy(text, mnemonic, strlen(mnemonic) + 1);
        return text;
    }
    /* By hand: printf depends on the locale, and this runs for each event. */
    for (uint16_t bound = 10000; bound > 1 && type < bound; bound = (uint16_t)(bound / 10))
        end--;
    *end = '\0';
    do {
        *--end = (char)('0' + rest % 10);
        rest = (uint16_t)(rest / 10);
    } while (rest > 0);
    memcpy(text, "TYPE", 4);
    return text;
}

/* "TYPE" and a number, without leading zeros. */
static bool parse_number(const char *text, size_t len, uint16_t *type)
{
    const size_t skip = sizeof("TYPE") - 1;
    uint32_t number = 0;

    if (len <= skip || len > sizeof("TYPE65535") - 1 || strncasecmp(text, "TYPE", skip) != 0 ||
        (text[skip] == '0' && len > skip + 1))
        return false;
    for (size_t i = skip; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (uint32_t)(text[i] - '0');
    }
    if (number > UINT16_MAX)
        return false;
    *type = (uint16_t)number;
    return true;
}

bool tg_rrtype_parse(const char *text, size_t len, uint16_t *type)
{
    static const struct {
        uint16_t type;
        char mnemonic[RRTYPE_MNEMONIC_MAX];
    } known[] = {
#define RRTYPE_ENTRY(number, mnemonic) {number, mnemonic},
        RRTYPE_MAP(RRTYPE_ENTRY)
#undef RRTYPE_ENTRY
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strlen(known[i].mnemonic) != len || strncasecmp(text, known[i].mnemonic, len) != 0)
            continue;
        *type = known[i].type;
        return true;
    }
    return parse_number(text, len, type);
}

bool tg_rrtype_is_data(uint16_t type)
{
    const uint16_t opt = 41;

    return type != 0 && type != opt && (type < 128 || type > 255) && type != UINT16_MAX;
}
