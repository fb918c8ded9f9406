/*
 * The libvirt side of the figures of libvirt's protocol, on the test driver of a daemon.
 *
 *   connect ROUNDS URI         opens and closes so many connections
 *   info AT_ONCE EACH          so many threads on one connection ask for the information of the domain "test"
 *   whole_info AT_ONCE EACH    the same with state, persistence, autostart and document, which `Domain::info` tells too
 *   hold                       lists all domains and keeps their handles
 *   xml                        the document of each that is kept, one after another
 *   events ROUNDS              starts and ends the domain "test", and counts the events of that
 *   latency ROUNDS             the same one by one; the time is the median from a call until its event is told
 */
#include "rpc.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST 256

static virDomainPtr *held;
static int held_count;

static long long clock_of(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

long long now(void)
{
    return clock_of(CLOCK_MONOTONIC);
}

long long cpu_time(void)
{
    return clock_of(CLOCK_PROCESS_CPUTIME_ID);
}

int rpc_connect(char *words)
{
    char *uri = NULL;
    long rounds = strtol(words, &uri, 10);
    long i;
    for (i = 0; i < rounds; i++) {
        virConnectPtr connection = virConnectOpen(uri + 1);
        if (!connection)
            return -1;
        virConnectClose(connection);
    }
    return (int)rounds;
}

struct caller {
    pthread_t thread;
    virDomainPtr domain;
    int (*ask)(virDomainPtr);
    long each;
    int done;
};

static int ask_info(virDomainPtr domain)
{
    virDomainInfo info;
    return virDomainGetInfo(domain, &info);
}

static int ask_whole_info(virDomainPtr domain)
{
    virDomainInfo info;
    int state, reason, autostart;
    char *text = virDomainGetXMLDesc(domain, 0);
    free(text);
    if (!text || virDomainIsPersistent(domain) < 0 || virDomainGetAutostart(domain, &autostart) < 0
        || virDomainGetInfo(domain, &info) < 0)
        return -1;
    return virDomainGetState(domain, &state, &reason, 0);
}

static void *call(void *argument)
{
    struct caller *caller = argument;
    for (caller->done = 0; caller->done < caller->each; caller->done++)
        if (caller->ask(caller->domain) < 0)
            break;
    return NULL;
}

static int ask_all(virConnectPtr connection, char *words, int (*ask)(virDomainPtr))
{
    static struct caller callers[MOST];
    char *rest = NULL;
    long at_once = strtol(words, &rest, 10);
    long each = strtol(rest, NULL, 10);
    virDomainPtr domain = virDomainLookupByName(connection, "test");
    int done = 0;
    long i;
    if (!domain || at_once < 1 || at_once > MOST)
        return -1;
    for (i = 0; i < at_once; i++) {
        callers[i].domain = domain;
        callers[i].ask = ask;
        callers[i].each = each;
        if (at_once > 1)
            pthread_create(&callers[i].thread, NULL, call, &callers[i]);
        else
            call(&callers[i]);
    }
    for (i = 0; i < at_once; i++) {
        if (at_once > 1)
            pthread_join(callers[i].thread, NULL);
        done += callers[i].done;
    }
    virDomainFree(domain);
    return done == at_once * each ? done : -1;
}

int rpc_info(virConnectPtr connection, char *words)
{
    return ask_all(connection, words, ask_info);
}

int rpc_whole_info(virConnectPtr connection, char *words)
{
    return ask_all(connection, words, ask_whole_info);
}

int rpc_hold(virConnectPtr connection)
{
    int i;
    for (i = 0; i < held_count; i++)
        virDomainFree(held[i]);
    free(held);
    held = NULL;
    held_count = virConnectListAllDomains(connection, &held, 0);
    return held_count;
}

int rpc_xml(void)
{
    int i;
    for (i = 0; i < held_count; i++) {
        char *text = virDomainGetXMLDesc(held[i], 0);
        if (!text)
            return -1;
        free(text);
    }
    return held_count;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t came = PTHREAD_COND_INITIALIZER;
static int events;
static long long last_event;
static int loop_stops;

static int on_event(virConnectPtr connection, virDomainPtr domain, int event, int detail, void *data)
{
    (void)connection, (void)domain, (void)event, (void)detail, (void)data;
    pthread_mutex_lock(&lock);
    events++;
    last_event = now();
    pthread_cond_signal(&came);
    pthread_mutex_unlock(&lock);
    return 0;
}

static void tick(int timer, void *data)
{
    (void)timer, (void)data;
}

static void *run_loop(void *argument)
{
    (void)argument;
    while (!loop_stops)
        virEventRunDefaultImpl();
    return NULL;
}

/* Waits until so many have come, 10 s at most; gives how many did. */
static int wait_for_events(int wanted)
{
    struct timespec until;
    int seen;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&lock);
    while (events < wanted)
        if (pthread_cond_timedwait(&came, &lock, &until))
            break;
    seen = events;
    pthread_mutex_unlock(&lock);
    return seen;
}

/* Ends and starts the domain by turns, each change by `change`; with the loop of events in a thread of its own. */
static int with_events(virConnectPtr connection, long rounds, int (*change)(virDomainPtr, long))
{
    virDomainPtr domain = virDomainLookupByName(connection, "test");
    pthread_t loop;
    int callback, timer;
    long i;
    if (!domain)
        return -1;
    callback = virConnectDomainEventRegisterAny(connection, domain, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                                VIR_DOMAIN_EVENT_CALLBACK(on_event), NULL, NULL);
    timer = virEventAddTimeout(100, tick, NULL, NULL);
    events = loop_stops = 0;
    pthread_create(&loop, NULL, run_loop, NULL);
    for (i = 0; callback >= 0 && i < rounds; i++)
        if (change(domain, i) < 0)
            break;
    wait_for_events((int)i);
    loop_stops = 1;
    pthread_join(loop, NULL);
    virEventRemoveTimeout(timer);
    virConnectDomainEventDeregisterAny(connection, callback);
    virDomainFree(domain);
    return i == rounds ? events : -1;
}

static int turn(virDomainPtr domain, long round)
{
    return round % 2 ? virDomainCreate(domain) : virDomainDestroy(domain);
}

int rpc_events(virConnectPtr connection, char *words)
{
    return with_events(connection, strtol(words, NULL, 10), turn);
}

static long long *latencies;

static int timed_turn(virDomainPtr domain, long round)
{
    long long began = now();
    if (turn(domain, round) < 0 || wait_for_events((int)round + 1) != round + 1)
        return -1;
    latencies[round] = last_event - began;
    return 0;
}

static int by_size(const void *left, const void *right)
{
    long long a = *(const long long *)left, b = *(const long long *)right;
    return (a > b) - (a < b);
}

int rpc_latency(virConnectPtr connection, char *words, long long *median)
{
    long rounds = strtol(words, NULL, 10);
    int seen;
    if (rounds < 1)
        return -1;
    latencies = calloc(rounds, sizeof(*latencies));
    seen = with_events(connection, rounds, timed_turn);
    qsort(latencies, rounds, sizeof(*latencies), by_size);
    *median = latencies[rounds / 2];
    free(latencies);
    return seen;
}
