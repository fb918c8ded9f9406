/*
 * The libvirt side of the benches: one connection, commands on standard input, one line of answer each.
 *
 *   define FILE | undefine NAME | start NAME | start_paused NAME | destroy NAME | list | stats
 *   document ROUNDS FILE
 *   start_many AT_ONCE NAME... | destroy_many AT_ONCE NAME...
 *   cpu                        the time is what this process has used of the CPUs
 *   connect, info, whole_info, hold, xml, events, latency: see rpc.c
 *
 * Answers: "ok NANOSECONDS COUNT" or "error TEXT". The time is that of the library calls alone.
 */
#include "rpc.h"
#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static virConnectPtr connection;

static void answer_with(long long took, int result)
{
    virErrorPtr error;
    if (result >= 0) {
        printf("ok %lld %d\n", took, result);
    } else {
        error = virGetLastError();
        printf("error %s\n", error && error->message ? error->message : "unknown");
    }
    fflush(stdout);
}

static void answer(long long began, int result)
{
    answer_with(now() - began, result);
}

static void latency(char *words)
{
    long long median = 0;
    int seen = rpc_latency(connection, words, &median);
    answer_with(median, seen);
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text;
    size_t length;
    if (!file)
        return NULL;
    text = calloc(1, 1 << 20);
    length = fread(text, 1, (1 << 20) - 1, file);
    text[length] = 0;
    fclose(file);
    return text;
}

static int define(const char *path)
{
    char *text = read_file(path);
    virDomainPtr domain = text ? virDomainDefineXML(connection, text) : NULL;
    free(text);
    if (!domain)
        return -1;
    virDomainFree(domain);
    return 1;
}

/* Defines the document of the file and reads it back, so many times. */
static int document(char *words)
{
    char *path = NULL;
    long rounds = strtol(words, &path, 10);
    char *text = read_file(path + 1);
    long i;
    for (i = 0; text && i < rounds; i++) {
        virDomainPtr domain = virDomainDefineXML(connection, text);
        char *back = domain ? virDomainGetXMLDesc(domain, 0) : NULL;
        if (domain)
            virDomainFree(domain);
        if (!back)
            break;
        free(back);
    }
    free(text);
    return i == rounds ? (int)rounds : -1;
}

/* Each includes the look-up by name, as a client that was given a name has to do it. */
static int with_domain(const char *name, int (*act)(virDomainPtr))
{
    virDomainPtr domain = virDomainLookupByName(connection, name);
    int result;
    if (!domain)
        return -1;
    result = act(domain);
    virDomainFree(domain);
    return result < 0 ? -1 : 1;
}

static int start_paused(virDomainPtr domain)
{
    return virDomainCreateWithFlags(domain, VIR_DOMAIN_START_PAUSED);
}

static int list(void)
{
    virDomainPtr *domains = NULL;
    int count = virConnectListAllDomains(connection, &domains, 0);
    int i, state, reason;
    /* The names came along; the state is asked of each, as there is no call that gives both. */
    for (i = 0; i < count; i++) {
        virDomainGetState(domains[i], &state, &reason, 0);
        virDomainFree(domains[i]);
    }
    free(domains);
    return count;
}

static int stats(void)
{
    virDomainStatsRecordPtr *records = NULL;
    unsigned int groups = VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON
                          | VIR_DOMAIN_STATS_VCPU | VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK;
    int count = virConnectGetAllDomainStats(connection, groups, &records, VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE);
    if (records)
        virDomainStatsRecordListFree(records);
    return count;
}

struct crowd {
    pthread_mutex_t lock;
    char *names;
    char *place;
    int (*act)(virDomainPtr);
    int done;
    int failed;
};

static void *worker(void *argument)
{
    struct crowd *crowd = argument;
    for (;;) {
        char *name;
        int result;
        pthread_mutex_lock(&crowd->lock);
        name = strtok_r(crowd->names, " ", &crowd->place);
        crowd->names = NULL;
        pthread_mutex_unlock(&crowd->lock);
        if (!name)
            return NULL;
        result = with_domain(name, crowd->act);
        if (result < 0)
            fprintf(stderr, "%s: %s\n", name, virGetLastErrorMessage());
        pthread_mutex_lock(&crowd->lock);
        if (result < 0)
            crowd->failed++;
        else
            crowd->done++;
        pthread_mutex_unlock(&crowd->lock);
    }
}

static int many(char *words, int (*act)(virDomainPtr))
{
    struct crowd crowd = { PTHREAD_MUTEX_INITIALIZER, NULL, NULL, act, 0, 0 };
    pthread_t threads[64];
    char *names = NULL;
    long at_once = strtol(words, &names, 10);
    long i;
    if (at_once < 1 || at_once > 64)
        return -1;
    crowd.names = names;
    for (i = 0; i < at_once; i++)
        pthread_create(&threads[i], NULL, worker, &crowd);
    for (i = 0; i < at_once; i++)
        pthread_join(threads[i], NULL);
    return crowd.failed ? -1 : crowd.done;
}

static void quiet(void *data, virErrorPtr error)
{
    (void)data;
    (void)error;
}

int main(int argc, char **argv)
{
    static char line[1 << 16];
    if (argc != 2)
        return 2;
    virSetErrorFunc(NULL, quiet);
    virEventRegisterDefaultImpl();
    connection = virConnectOpen(argv[1]);
    if (!connection) {
        printf("error %s\n", virGetLastErrorMessage());
        return 1;
    }
    printf("ok 0 0\n");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        char *rest;
        long long began;
        line[strcspn(line, "\n")] = 0;
        rest = strchr(line, ' ');
        if (rest)
            *rest++ = 0;
        else
            rest = line + strlen(line);
        began = now();
        if (!strcmp(line, "define"))
            answer(began, define(rest));
        else if (!strcmp(line, "document"))
            answer(began, document(rest));
        else if (!strcmp(line, "undefine"))
            answer(began, with_domain(rest, virDomainUndefine));
        else if (!strcmp(line, "start"))
            answer(began, with_domain(rest, virDomainCreate));
        else if (!strcmp(line, "start_paused"))
            answer(began, with_domain(rest, start_paused));
        else if (!strcmp(line, "destroy"))
            answer(began, with_domain(rest, virDomainDestroy));
        else if (!strcmp(line, "list"))
            answer(began, list());
        else if (!strcmp(line, "stats"))
            answer(began, stats());
        else if (!strcmp(line, "start_many"))
            answer(began, many(rest, start_paused));
        else if (!strcmp(line, "destroy_many"))
            answer(began, many(rest, virDomainDestroy));
        else if (!strcmp(line, "cpu"))
            answer_with(cpu_time(), 0);
        else if (!strcmp(line, "connect"))
            answer(began, rpc_connect(rest));
        else if (!strcmp(line, "info"))
            answer(began, rpc_info(connection, rest));
        else if (!strcmp(line, "whole_info"))
            answer(began, rpc_whole_info(connection, rest));
        else if (!strcmp(line, "hold"))
            answer(began, rpc_hold(connection));
        else if (!strcmp(line, "xml"))
            answer(began, rpc_xml());
        else if (!strcmp(line, "events"))
            answer(began, rpc_events(connection, rest));
        else if (!strcmp(line, "latency"))
            latency(rest);
        else
            printf("error unknown command %s\n", line), fflush(stdout);
    }
    virConnectClose(connection);
    return 0;
}
