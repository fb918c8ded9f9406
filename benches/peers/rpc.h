/* What the libvirt side does for the figures of libvirt's protocol: see rpc.c. */
#ifndef RPC_H
#define RPC_H

#include <libvirt/libvirt.h>

long long now(void);
long long cpu_time(void);

/* Each gives how many it did, or -1. */
int rpc_connect(char *words);
int rpc_info(virConnectPtr connection, char *words);
int rpc_whole_info(virConnectPtr connection, char *words);
int rpc_hold(virConnectPtr connection);
int rpc_xml(void);
int rpc_events(virConnectPtr connection, char *words);
/* Gives the median of the rounds, in nanoseconds, in `median`. */
int rpc_latency(virConnectPtr connection, char *words, long long *median);

#endif
