#include "tools/log.h"
int tg_log_timeline(struct tg_log_ask *ask)
{
    (void)ask;
    return 3;
}
int tg_log_incidents(struct tg_log_ask *ask)
{
    (void)ask;
    return 3;
}
int tg_log_fix_list(struct tg_log_ask *ask)
{
    (void)ask;
    return 3;
}
int tg_log_sql(struct tg_log_ask *ask)
{
    (void)ask;
    return 3;
}
int tg_log_follow(struct tg_log *log, bool s)
{
    (void)log;
    (void)s;
    return 3;
}
