/*
 * What the commands of a cluster ask of its JSON. Pure but for printing. One thread.
 */
#pragma once

#include "cli.h"

#include "lib/base/json.h"

/* Nodes in one state. */
size_t cluster_nodes_in(const json_t *cluster, const char *state);
/* The finished steps (members of timings), in the order in which they happen. */
void cluster_steps(const json_t *cluster, struct bd_strv *ret);
int64_t cluster_step_ms(const json_t *cluster, const char *step);
/* What it is doing: its step, with the count of nodes where they are what the step waits for. */
void cluster_now(const json_t *cluster, struct bd_str *ret);
/* Nothing was left behind, and somebody has looked. */
bool cluster_is_clean(const json_t *cluster);
/* Others changed something on the host meanwhile. */
bool cluster_has_others(const json_t *cluster);
/* "residue: none", or what was left, line by line, and a line on what others changed, if they did,
 * on stdout; each first line begins with the prefix. */
void cluster_print_residue(const struct cli *cli, const json_t *cluster, const char *prefix);
