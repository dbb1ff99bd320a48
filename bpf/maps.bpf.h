/* What it owns: every map of the programs. Each object that includes it is given the same maps by agent/kernel.
 * Who may use it: the .bpf.c files and the helper headers of bpf/.
 * Thread: programs on any CPU.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_MAPS_BPF_H
#define TICKWIRE_MAPS_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "tickwire/burst.h"
#include "tickwire/connection.h"
#include "tickwire/event.h"
#include "tickwire/loss.h"
#include "tickwire/rule.h"
#include "tickwire/service.h"
#include "tickwire/settings.h"
#include "tickwire/stage.h"

/* Sizes of 1 are set by agent/kernel before the load. */

/* Local port -> the services on it. Cannot be full. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct tw_port_services);
} services SEC(".maps");

/* Connection -> number of its slot. As large as there are slots, so it is never the first to be full. Preallocated: an insert
 * on the packet path asks for no memory. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct tw_connection_key);
	__type(value, __u32);
} connections SEC(".maps");

/* Slot number -> everything known of a connection. User space has it mapped. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tw_slot);
} connection_slots SEC(".maps");

/* Numbers of free slots. Empty: a new connection counts for its service only, and TW_LOSS_TABLE_FULL counts. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1);
	__type(value, __u32);
} free_slots SEC(".maps");

/* Service number -> what is counted for it outside of slots. User space has it mapped. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tw_service_counters);
} service_counters SEC(".maps");

/* tw_service_cells_index() -> one histogram. User space has it mapped. Shards keep CPUs out of each other's cache lines. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tw_service_histogram);
} service_cells SEC(".maps");

/* 0 -> losses by reason. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tw_losses);
} losses SEC(".maps");

/* ifindex & (TW_INTERFACES - 1) -> packets seen there. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TW_INTERFACES);
	__type(key, __u32);
	__type(value, struct tw_interface_counters);
} interfaces SEC(".maps");

/* Service number -> its rule. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tw_rule);
} rules SEC(".maps");

/* Slot number -> what a rule keeps of the connection. One element only where no service has a rule. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tw_echo_slot);
} echo_slots SEC(".maps");

/* Slot number -> what is kept of the connection beyond its slot. One element only without stages. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tw_stage_slot);
} stage_slots SEC(".maps");

/* 0 -> the newest datagram that was handed to a socket. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tw_delivery);
} deliveries SEC(".maps");

/* Socket cookie -> local addresses that are in use on it. Filled where datagrams are delivered. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TW_SOCKETS);
	__type(key, __u64);
	__type(value, struct tw_socket_addresses);
} socket_addresses SEC(".maps");

/* struct tw_event. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, TW_EVENTS_BYTES);
} events SEC(".maps");

/* Service number -> its thresholds. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tw_thresholds);
} thresholds SEC(".maps");

/* Service number -> its newest bursts of packets out; older ones are written over. One element only without ticks. User space has
 * it mapped. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tw_burst_ring);
} bursts SEC(".maps");

/* A map of its own, so that every object is given the one that is filled. */
const volatile struct tw_settings settings SEC(".rodata.settings");

#endif
