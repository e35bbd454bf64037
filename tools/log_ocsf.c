/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Events in the Open Cybersecurity Schema Framework (OCSF) 1.5: a question is DNS Activity, a
 * policy that came Entity Management, lost events an Application Error.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/log.h"

#define OCSF_VERSION "1.5.0"

/* Objects on standard output. Of what is not there no member is made. */
struct json {
    bool some; /* a member stands before */
};

static void key(struct json *json, const char *name)
{
    if (json->some)
        putchar(',');
    json->some = true;
    if (name)
        (void)printf("\"%s\":", name);
}

static void begin(struct json *json, const char *name, char bracket)
{
    key(json, name);
    putchar(bracket);
    json->some = false;
}

static void end(struct json *json, char bracket)
{
    putchar(bracket);
    json->some = true;
}

static void text(struct json *json, const char *name, struct tg_slice value)
{
    if (!value.at)
        return;
    key(json, name);
    tg_put_json(value);
}

static void word(struct json *json, const char *name, const char *value)
{
    text(json, name, (struct tg_slice){value, strlen(value)});
}

static void number(struct json *json, const char *name, int64_t value)
{
    key(json, name);
    (void)printf("%" PRId64, value);
}

static void truth(struct json *json, const char *name, bool value)
{
    key(json, name);
    fputs(value ? "true" : "false", stdout);
}

/* A count of the line, where it is one that the schema takes. */
static void count(struct json *json, const char *name, struct tg_slice digits, uint64_t most)
{
    if (digits.at && tg_slice_count(digits) <= most)
        number(json, name, (int64_t)tg_slice_count(digits));
}

/* An enumeration: its number, and the same in words. */
struct value {
    int id;
    const char *caption;
};

static void value(struct json *json, const char *id, const char *caption, struct value is)
{
    number(json, id, is.id);
    word(json, caption, is.caption);
}

/* What kind of event it is; type_uid follows from it. */
static void put_class(
    struct json *json, struct value category, struct value class, struct value activity)
{
    value(json, "category_uid", "category_name", category);
    value(json, "class_uid", "class_name", class);
    value(json, "activity_id", "activity_name", activity);
    number(json, "type_uid", class.id * 100 + activity.id);
    key(json, "type_name");
    (void)printf("\"%s: %s\"", class.caption, activity.caption);
}

static void put_common(struct json *json, const struct tg_logged *event, struct value severity)
{
    const struct tg_slice *field = event->field;

    number(json, "time", event->time / 1000);
    value(json, "severity_id", "severity", severity);
    text(json, "message", field[TG_FIELD_MESSAGE]);
    begin(json, "metadata", '{');
    word(json, "version", OCSF_VERSION);
    begin(json, "profiles", '[');
    word(json, NULL, "host");
    if (event->verdict != TG_LOG_SERVICE)
        word(json, NULL, "security_control");
    end(json, ']');
    begin(json, "product", '{');
    word(json, "name", "tldguard");
    word(json, "vendor_name", "tldguard");
    text(json, "version", field[TG_FIELD_VERSION]);
    end(json, '}');
    word(json, "log_name", "tldguard.block");
    word(json, "log_provider", "tldguard");
    text(json, "uid", field[TG_FIELD_ID]);
    count(json, "sequence", field[TG_FIELD_SEQUENCE], INT64_MAX);
    text(json, "original_time", field[TG_FIELD_TIME]);
    end(json, '}');
    if (!field[TG_FIELD_HOST].at)
        return;
    begin(json, "device", '{');
    value(json, "type_id", "type", (struct value){1, "Server"});
    text(json, "hostname", field[TG_FIELD_HOST]);
    end(json, '}');
}

/* As dns.response_code has them, and OCSF. */
static void put_rcode(struct json *json, struct tg_slice rcode)
{
    static const char *const words[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",
        "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "DSOTYPENI"};
    static const char *const captions[] = {"NoError", "FormError", "ServError", "NXDomain",
        "NotImp", "Refused", "YXDomain", "YXRRSet", "NXRRSet", "NotAuth", "NotZone", "DSOTYPENI"};

    if (!rcode.at)
        return;
    for (int i = 0; i < (int)(sizeof(words) / sizeof(words[0])); i++) {
        if (tg_slice_is(rcode, words[i])) {
            value(json, "rcode_id", "rcode", (struct value){i, captions[i]});
            return;
        }
    }
    number(json, "rcode_id", 99);
    text(json, "rcode", rcode);
}

static void put_connection(struct json *json, const struct tg_slice *field)
{
    const struct tg_slice transport = field[TG_FIELD_TRANSPORT], client = field[TG_FIELD_CLIENT];
    const bool udp = tg_slice_is(transport, "udp") || tg_slice_is(transport, "doq");

    begin(json, "connection_info", '{');
    number(json, "direction_id", 0); /* who is inside is not ours to say */
    if (transport.at)
        value(json, "protocol_num", "protocol_name",
            udp ? (struct value){17, "udp"} : (struct value){6, "tcp"});
    if (client.at)
        number(json, "protocol_ver_id", memchr(client.at, ':', client.len) ? 6 : 4);
    end(json, '}');
}

/* Who asked, whom, and how. One of the two must be there. */
static void put_endpoints(struct json *json, const struct tg_slice *field)
{
    const struct tg_slice mac = field[TG_FIELD_MAC];

    if (field[TG_FIELD_CLIENT].at) {
        begin(json, "src_endpoint", '{');
        text(json, "ip", field[TG_FIELD_CLIENT]);
        count(json, "port", field[TG_FIELD_PORT], UINT16_MAX);
        if (mac.len == strlen("00-00-5E-00-53-23")) /* OCSF knows no longer ones */
            text(json, "mac", mac);
        end(json, '}');
    }
    begin(json, "dst_endpoint", '{');
    text(json, "hostname", field[TG_FIELD_HOST]);
    word(json, "svc_name", "dns");
    end(json, '}');
    put_connection(json, field);
}

static void put_version(struct json *json, struct tg_slice serial)
{
    begin(json, "policy", '{');
    word(json, "name", "tldguard");
    text(json, "version", serial); /* a text here, and digits */
    end(json, '}');
}

static void put_rule(struct json *json, const struct tg_slice *field)
{
    if (field[TG_FIELD_RULE].at) {
        begin(json, "firewall_rule", '{');
        text(json, "uid", field[TG_FIELD_RULE]);
        text(json, "category", field[TG_FIELD_CATEGORY]);
        end(json, '}');
    }
    put_version(json, field[TG_FIELD_SERIAL]);
}

/* The name that was meant, where one is known. */
static void put_twin(struct json *json, const struct tg_slice *field)
{
    if (!field[TG_FIELD_TWIN].at)
        return;
    begin(json, "enrichments", '[');
    begin(json, NULL, '{');
    word(json, "name", "query.hostname");
    text(json, "value", field[field[TG_FIELD_VIA].at ? TG_FIELD_VIA : TG_FIELD_NAME]);
    word(json, "type", "look-alike");
    word(json, "provider", "tldguard");
    text(json, "short_desc", field[TG_FIELD_TWIN]);
    begin(json, "data", '{');
    text(json, "twin", field[TG_FIELD_TWIN]);
    text(json, "twin_known", field[TG_FIELD_KNOWN]);
    text(json, "via", field[TG_FIELD_VIA]);
    end(json, '}');
    end(json, '}');
    end(json, ']');
}

static void put_observable(
    struct json *json, const char *name, struct value type, struct tg_slice is)
{
    if (!is.at)
        return;
    begin(json, NULL, '{');
    word(json, "name", name);
    value(json, "type_id", "type", type);
    text(json, "value", is);
    end(json, '}');
}

/* What OCSF has no place for. */
static void put_unmapped(struct json *json, const struct tg_slice *field)
{
    begin(json, "unmapped", '{');
    text(json, "action", field[TG_FIELD_ACTION]);
    text(json, "mode", field[TG_FIELD_MODE]);
    text(json, "reply", field[TG_FIELD_REPLY]);
    text(json, "via", field[TG_FIELD_VIA]);
    text(json, "group", field[TG_FIELD_GROUP]);
    text(json, "ecs", field[TG_FIELD_ECS]);
    text(json, "transport", field[TG_FIELD_TRANSPORT]);
    text(json, "boot", field[TG_FIELD_BOOT]);
    count(json, "serial", field[TG_FIELD_SERIAL], UINT32_MAX);
    count(json, "lost", field[TG_FIELD_LOST], INT64_MAX);
    end(json, '}');
}

static struct value severity_of(struct tg_slice severity)
{
    static const char *const words[] = {"low", "medium", "high", "critical"};
    static const struct value values[] = {{2, "Low"}, {3, "Medium"}, {4, "High"}, {5, "Critical"}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (tg_slice_is(severity, words[i]))
            return values[i];
    return (struct value){0, "Unknown"};
}

static void put_question(struct json *json, const struct tg_logged *event)
{
    const struct tg_slice *field = event->field;
    const bool blocked = event->verdict == TG_LOG_BLOCKED;

    put_class(json, (struct value){4, "Network Activity"}, (struct value){4003, "DNS Activity"},
        (struct value){6, "Traffic"}); /* the question and its answer in one */
    put_common(json, event, severity_of(field[TG_FIELD_SEVERITY]));
    value(json, "action_id", "action",
        blocked ? (struct value){2, "Denied"} : (struct value){3, "Observed"});
    value(json, "disposition_id", "disposition",
        blocked ? (struct value){2, "Blocked"} : (struct value){17, "Logged"});
    truth(json, "is_alert", blocked);
    begin(json, "query", '{');
    text(json, "hostname", field[TG_FIELD_NAME]);
    text(json, "type", field[TG_FIELD_TYPE]);
    text(json, "class", field[TG_FIELD_CLASS]);
    end(json, '}');
    put_rcode(json, field[TG_FIELD_RCODE]);
    put_endpoints(json, field);
    put_rule(json, field);
    put_twin(json, field);
    begin(json, "observables", '[');
    put_observable(json, "query.hostname", (struct value){1, "Hostname"}, field[TG_FIELD_NAME]);
    put_observable(
        json, "src_endpoint.ip", (struct value){2, "IP Address"}, field[TG_FIELD_CLIENT]);
    end(json, ']');
}

/* A policy came, or was to come: 'status' says which. */
static void put_policy(struct json *json, const struct tg_logged *event, bool loaded)
{
    put_class(json, (struct value){3, "Identity & Access Management"},
        (struct value){3004, "Entity Management"}, (struct value){10, "Activate"});
    put_common(
        json, event, loaded ? (struct value){1, "Informational"} : (struct value){3, "Medium"});
    value(json, "status_id", "status",
        loaded ? (struct value){1, "Success"} : (struct value){2, "Failure"});
    text(json, "status_detail", event->field[TG_FIELD_ERROR]);
    begin(json, "entity", '{');
    word(json, "name", "tldguard");
    value(json, "type_id", "type", (struct value){5, "Policy"});
    if (loaded) /* of one that is rejected the number is not known */
        put_version(json, event->field[TG_FIELD_SERIAL]);
    end(json, '}');
}

static void put_service(struct json *json, const struct tg_logged *event)
{
    const struct tg_slice action = event->field[TG_FIELD_ACTION];
    const bool loaded = tg_slice_is(action, "policy-loaded");

    if (loaded || tg_slice_is(action, "policy-rejected")) {
        put_policy(json, event, loaded);
    } else if (tg_slice_is(action, "events-lost")) {
        put_class(json, (struct value){6, "Application Activity"},
            (struct value){6008, "Application Error"}, (struct value){1, "General Error"});
        put_common(json, event, (struct value){4, "High"});
    } else {
        put_class(json, (struct value){0, "Uncategorized"}, (struct value){0, "Base Event"},
            (struct value){99, "Other"});
        put_common(json, event, (struct value){1, "Informational"});
    }
}

void tg_log_put_ocsf(const struct tg_logged *event)
{
    struct json json = {false};

    begin(&json, NULL, '{');
    if (event->verdict == TG_LOG_SERVICE)
        put_service(&json, event);
    else
        put_question(&json, event);
    put_unmapped(&json, event->field);
    end(&json, '}');
    putchar('\n');
}
