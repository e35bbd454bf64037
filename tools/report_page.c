/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The page: one file, that needs no other and no network. */
#include <string.h>

#include "tools/report.h"

/* Where a section has no rows, its charts and tables are left out. */
static const json_t *rows_of(const json_t *data, const char *key)
{
    const json_t *rows = json_object_get(data, key);

    return json_array_size(rows) > 0 ? rows : NULL;
}

/*
 * Nothing may be loaded, sent or run but what is in the page and has one of these hashes: were
 * there a way past tg_html_text(), a name would still not run. 'unsafe-inline' is not needed; the
 * JSON is no script to a browser, and Chart.js sets its styles by properties, which a policy does
 * not mean.
 */
static void put_head(FILE *out, const json_t *data, const struct tg_report_parts *parts)
{
    (void)fprintf(out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src %s; script-src %s%s%s; base-uri 'none'; form-action 'none'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta name=\"referrer\" content=\"no-referrer\">\n"
        "<meta name=\"generator\" content=\"tldguard " TG_VERSION "\">\n<title>",
        parts->hashes[0], parts->hashes[1], parts->chart ? " " : "", parts->hashes[2]);
    tg_html_string(out, tg_data_text(data, "title"));
    (void)fprintf(out, "</title>\n<style>%s</style>\n</head>\n", parts->css);
}

static void put_top(FILE *out, const json_t *data)
{
    static const char *const links[][2] = {{"days", "Days"}, {"twins", "What they meant"},
        {"clients", "Who asked"}, {"names", "Names asked for"}, {"incidents", "Incidents"},
        {"policy", "Policy"}, {"record", "The record"}};
    char buf[48];

    fputs("<body>\n<a class=\"skip\" href=\"#report\">Skip to the report</a>\n<header>\n"
          "<p class=\"maker\">tldguard report</p>\n<h1>",
        out);
    tg_html_string(out, tg_data_text(data, "title"));
    (void)fprintf(out, "</h1>\n<p class=\"made\">Made on %s. All times are UTC.</p>\n</header>\n",
        tg_report_moment(json_object_get(data, "made"), buf));
    fputs("<nav aria-label=\"Parts of the report\"><ul>\n", out);
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
        (void)fprintf(out, "<li><a href=\"#%s-part\">%s</a></li>\n", links[i][0], links[i][1]);
    fputs("</ul></nav>\n<main id=\"report\" tabindex=\"-1\">\n", out);
}

static void put_figure(FILE *out, const char *what, uint64_t number)
{
    char buf[32];

    (void)fprintf(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", what, tg_report_number(number, buf));
}

/* Of high and critical severity. */
static uint64_t serious(const json_t *data)
{
    const json_t *rows = json_object_get(data, "severities");

    return tg_data_count(json_array_get(rows, 0), "incidents") +
           tg_data_count(json_array_get(rows, 1), "incidents");
}

/* What was chosen by options: without it the figures would be taken for all. */
static void put_chosen(FILE *out, json_t *filter)
{
    const char *key, *between = "";
    json_t *value;

    if (json_object_size(filter) == 0)
        return;
    fputs("<p class=\"chosen\">Only what was chosen: ", out);
    json_object_foreach(filter, key, value)
    {
        (void)fprintf(out, "%s%s <code>", between, key);
        tg_html_string(out, json_string_value(value));
        fputs("</code>", out);
        between = ", ";
    }
    fputs(". The state of the record is told of all.</p>\n", out);
}

/* What was not told apart, for want of room: no figure is to look like all when it is not. */
static void put_beyond(FILE *out, json_t *beyond)
{
    const char *key, *between = "";
    json_t *value;
    char number[96];
    bool any = false;

    json_object_foreach(beyond, key, value) any = any || json_integer_value(value) > 0;
    if (!any)
        return;
    fputs(
        "<p class=\"alert\"><strong>Note:</strong> Not all could be told apart. In the figures of ",
        out);
    json_object_foreach(beyond, key, value)
    {
        if (json_integer_value(value) == 0)
            continue;
        (void)fprintf(out, "%s%s %s left out", between, key,
            tg_report_many((uint64_t)json_integer_value(value), "event is", "events are", number));
        between = ", in those of ";
    }
    fputs(".</p>\n", out);
}

static void put_summary(FILE *out, const json_t *data)
{
    const json_t *record = json_object_get(data, "record");
    const bool whole = json_is_true(json_object_get(record, "whole"));

    fputs("<section aria-labelledby=\"summary\">\n<h2 id=\"summary\" class=\"unseen\">"
          "Summary</h2>\n<p class=\"lead\" id=\"lead\">",
        out);
    tg_report_say_lead(out, data);
    fputs("</p>\n", out);
    put_chosen(out, json_object_get(data, "filter"));
    put_beyond(out, json_object_get(data, "beyond"));
    if (!whole) {
        fputs("<p class=\"alert\"><strong>Note:</strong> ", out);
        tg_report_say_record(out, data);
        fputs("</p>\n", out);
    }
    fputs("<dl class=\"figures\">\n", out);
    put_figure(out, "Questions", tg_data_count(data, "questions"));
    put_figure(out, "Blocked", tg_data_count(data, "blocked"));
    put_figure(out, "Only noted", tg_data_count(data, "watched"));
    put_figure(out, "Clients", tg_data_count(data, "clients"));
    put_figure(out, "Look-alike names", tg_data_count(data, "names"));
    put_figure(out, "Serious incidents", serious(data));
    fputs("</dl>\n</section>\n", out);
}

static void open_section(FILE *out, const char *id, const char *heading)
{
    (void)fprintf(out,
        "<section aria-labelledby=\"%s-part\">\n<h2 id=\"%s-part\" tabindex=\"-1\">%s</h2>\n", id,
        id, heading);
}

/* Seen once the script has drawn it. */
static void put_chart(FILE *out, const char *id, const char *label)
{
    (void)fprintf(out,
        "<div class=\"chart\" id=\"%s-chart\" hidden><canvas role=\"img\" aria-label=\"%s The same "
        "figures stand in the table.\"></canvas></div>\n",
        id, label);
}

static void put_nothing(FILE *out)
{
    fputs("<p class=\"nothing\">Nothing to show.</p>\n", out);
}

static void put_days(FILE *out, const json_t *data)
{
    static const struct tg_report_column columns[] = {{"day", "Day (UTC)", TG_CELL_NAME},
        {"blocked", "Blocked", TG_CELL_COUNT}, {"watched", "Only noted", TG_CELL_COUNT},
        {"count", "Questions", TG_CELL_BAR}, {0}};
    const json_t *rows = rows_of(data, "days");
    const uint64_t left = tg_data_count(data, "days_not_shown");
    char number[96];

    open_section(out, "days", "Day by day");
    if (left > 0)
        (void)fprintf(out, "<p class=\"note\">Not shown: %s with questions before these.</p>\n",
            tg_report_many(left, "day", "days", number));
    if (rows) {
        put_chart(out, "days", "Bar chart of the questions of each day, blocked and only noted.");
        /* Open, so that it is seen without a script and in print. */
        fputs("<details id=\"days-more\" open><summary>The days as a table</summary>\n", out);
        tg_report_table(out, "days", "Questions by day", columns, rows, false);
        fputs("</details>\n", out);
    } else {
        put_nothing(out);
    }
    fputs("</section>\n", out);
}

/* A list of what comes most; label at NULL: without a chart. */
static void put_list(FILE *out, const json_t *data, const char *id, const char *heading,
    const char *caption, const struct tg_report_column *columns, const char *label)
{
    char key[32];
    const json_t *rows;

    (void)snprintf(key, sizeof(key), "top_%s", id);
    rows = rows_of(data, key);
    open_section(out, id, heading);
    if (rows) {
        fputs(label ? "<div class=\"pair\">\n" : "<div>\n", out);
        if (label)
            put_chart(out, id, label);
        tg_report_table(out, id, caption, columns, rows, !label);
        fputs("</div>\n", out);
    } else {
        put_nothing(out);
    }
    fputs("</section>\n", out);
}

static void put_lists(FILE *out, const json_t *data)
{
    static const struct tg_report_column twins[] = {{"twin", "They meant", TG_CELL_NAME},
        {"name", "They asked, most often, for", TG_CELL_NAME}, {"count", "Questions", TG_CELL_BAR},
        {"last", "Last (UTC)", TG_CELL_TIME}, {0}};
    static const struct tg_report_column clients[] = {{"client", "Client", TG_CELL_NAME},
        {"name", "It asked, most often, for", TG_CELL_NAME}, {"count", "Questions", TG_CELL_BAR},
        {"last", "Last (UTC)", TG_CELL_TIME}, {0}};
    static const struct tg_report_column names[] = {{"name", "Name", TG_CELL_NAME},
        {"twin", "Looks like", TG_CELL_NAME}, {"count", "Questions", TG_CELL_BAR},
        {"first", "First (UTC)", TG_CELL_TIME}, {"last", "Last (UTC)", TG_CELL_TIME}, {0}};

    put_list(out, data, "twins", "What they meant", "Names that were meant most often", twins,
        "Bar chart of the names that were meant most often.");
    put_list(out, data, "clients", "Who asked", "Clients that asked most often", clients,
        "Bar chart of the clients that asked most often.");
    put_list(out, data, "names", "What they asked for", "Names that were asked for most often",
        names, NULL);
}

static void put_incidents(FILE *out, const json_t *data)
{
    static const struct tg_report_column severities[] = {{"severity", "Severity", TG_CELL_SEVERITY},
        {"incidents", "Incidents", TG_CELL_BAR}, {"count", "Questions in them", TG_CELL_COUNT},
        {0}};
    static const struct tg_report_column gravest[] = {{"client", "Client", TG_CELL_NAME},
        {"name", "Asked for", TG_CELL_NAME}, {"twin", "Looks like", TG_CELL_NAME},
        {"severity", "Severity", TG_CELL_SEVERITY}, {"count", "Questions", TG_CELL_COUNT},
        {"cause", "Likely cause", TG_CELL_NAME}, {"first", "First (UTC)", TG_CELL_TIME},
        {"last", "Last (UTC)", TG_CELL_TIME}, {0}};
    const json_t *rows = rows_of(data, "top_incidents");

    open_section(out, "incidents", "Incidents by severity");
    fputs("<p class=\"note\">An incident is what one client asks about one name, until it pauses."
          "</p>\n",
        out);
    if (rows) {
        fputs("<div class=\"pair\">\n", out);
        put_chart(out, "severities", "Bar chart of the incidents of each severity.");
        tg_report_table(out, "severities", "Incidents by severity", severities,
            json_object_get(data, "severities"), false);
        fputs("</div>\n", out);
        tg_report_table(out, "incidents", "The gravest incidents", gravest, rows, false);
    } else {
        put_nothing(out);
    }
    fputs("</section>\n", out);
}

static void put_policy(FILE *out, const json_t *data)
{
    static const struct tg_report_column columns[] = {{"serial", "Serial", TG_CELL_NAME},
        {"count", "Events under it", TG_CELL_COUNT}, {"first", "First (UTC)", TG_CELL_TIME},
        {"last", "Last (UTC)", TG_CELL_TIME}, {0}};
    const json_t *rows = rows_of(data, "policies");

    open_section(out, "policy", "Policy");
    fputs("<p>", out);
    tg_report_say_policy(out, data);
    fputs("</p>\n", out);
    if (rows)
        tg_report_table(out, "policies", "Policies of the record", columns, rows, false);
    fputs("</section>\n", out);
}

static void put_record(FILE *out, const json_t *data)
{
    static const struct tg_report_column columns[] = {{"log", "Log, and its host", TG_CELL_NAME},
        {"first", "First (UTC)", TG_CELL_TIME}, {"last", "Last (UTC)", TG_CELL_TIME},
        {"count", "Events", TG_CELL_COUNT}, {"starts", "Starts", TG_CELL_COUNT},
        {"missing", "Missing", TG_CELL_COUNT}, {"lost", "Not kept", TG_CELL_COUNT},
        {"duplicates", "Twice", TG_CELL_COUNT}, {"changed", "Changed", TG_CELL_COUNT}, {0}};
    const json_t *record = json_object_get(data, "record"), *rows = rows_of(record, "by_log");
    const uint64_t logs = tg_data_count(record, "logs");
    char number[32];

    open_section(out, "record", "Is the record whole?");
    fputs("<p id=\"whole\">", out);
    tg_report_say_record(out, data);
    fputs("</p>\n", out);
    if (rows)
        tg_report_table(out, "logs", "Logs that were read", columns, rows, false);
    if (logs > json_array_size(rows))
        (void)fprintf(out,
            "<p class=\"note\">%zu of %s logs are shown, those with gaps first.</p>\n",
            json_array_size(rows), tg_report_number(logs, number));
    fputs("</section>\n", out);
}

static void put_end(FILE *out, const json_t *data, const struct tg_report_parts *parts)
{
    const json_t *files = json_object_get(data, "files");
    const size_t most = 8;

    fputs("</main>\n<footer>\n<p>Made by tldguard " TG_VERSION " of ", out);
    for (size_t i = 0; i < json_array_size(files) && i < most; i++) {
        fputs(i > 0 ? ", <code>" : "<code>", out);
        tg_html_string(out, json_string_value(json_array_get(files, i)));
        fputs("</code>", out);
    }
    if (json_array_size(files) > most)
        (void)fprintf(out, " and %zu more files", json_array_size(files) - most);
    fputs(". This page loads nothing and sends nothing.</p>\n</footer>\n", out);
    (void)fprintf(out, "<script type=\"application/json\" id=\"data\">%s</script>\n", parts->data);
    if (parts->chart)
        (void)fprintf(out, "<script>%s</script>\n", parts->chart);
    (void)fprintf(out, "<script>%s</script>\n</body>\n</html>\n", parts->script);
}

void tg_report_page(FILE *out, const json_t *data, const struct tg_report_parts *parts)
{
    put_head(out, data, parts);
    put_top(out, data);
    put_summary(out, data);
    put_days(out, data);
    put_lists(out, data);
    put_incidents(out, data);
    put_policy(out, data);
    put_record(out, data);
    put_end(out, data, parts);
}
