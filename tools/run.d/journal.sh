# shellcheck shell=bash
# The undo journal of ./run host: one line a change, TAB-separated: boot id, verb, arguments.
# A line is written before its change is made, and goes when it is undone. Undoing is in
# reverse order, and safe to repeat: every verb looks at the host before it acts.

JOURNAL=$HOST_STATE/journal

# verb -> function that undoes it, given the arguments of the line
declare -A UNDO=(
    [sysctl]=undo_sysctl
    [propagation]=undo_propagation
    [process]=undo_process
    [unit]=undo_unit
)

# Changes of the running kernel and processes end with the boot that they were made in.
boot_id() { cat /proc/sys/kernel/random/boot_id; }

journal_add()
{
    local IFS=$'\t'
    mkdir -p "$HOST_STATE"
    printf '%s\n' "$(boot_id)"$'\t'"$*" >>"$JOURNAL"
}

journal_is_empty() { [[ ! -s $JOURNAL ]]; }

# journal_drop_stale: lines of earlier boots say nothing about this one.
journal_drop_stale()
{
    local kept
    journal_is_empty && return
    kept=$(grep "^$(boot_id)" "$JOURNAL" || true)
    [[ $kept == "$(<"$JOURNAL")" ]] && return
    say "journal: changes from before the last reboot are gone with it, forgotten"
    printf '%s' "${kept:+$kept$'\n'}" >"$JOURNAL"
}

# journal_forget VERB NAME: such lines say nothing any more.
journal_forget()
{
    journal_is_empty && return
    awk -F'\t' -v verb="$1" -v name="$2" '!($2 == verb && $3 == name)' "$JOURNAL" >"$JOURNAL.new"
    mv "$JOURNAL.new" "$JOURNAL"
}

# journal_last VERB NAME: the arguments after NAME of the newest such line.
journal_last()
{
    journal_is_empty && return
    awk -F'\t' -v verb="$1" -v name="$2" '$2 == verb && $3 == name { last = $4 } END { print last }' "$JOURNAL"
}

undo_sysctl()
{
    local key=$1 before=$2 after=$3 now
    now=$(sysctl -n "$key")
    if [[ $now != "$after" ]]; then
        say "sysctl $key: $now, changed by someone else since, left alone"
        return
    fi
    sysctl -qw "$key=$before"
    say "sysctl $key: $after -> $before"
}

undo_propagation()
{
    mount "--make-r$2" "$1"
    say "mounts below $1: shared -> $2"
}

undo_process()
{
    local name=$1 key=$2
    if process_gone "$key"; then
        say "$name: has ended already"
        return
    fi
    stop_process "$key" 20 || die "$name (pid ${key%%:*}) does not end after SIGTERM" \
        "look at $HOST_RUN/$name.log, end it by hand, then run ./run host --undo again"
    say "$name: running -> stopped"
}

undo_unit()
{
    systemctl stop "$1" "${1%.socket}.service"
    say "$1: active -> inactive"
}

journal_undo()
{
    local line boot verb args
    journal_drop_stale
    journal_is_empty && say "host: nothing to undo"
    while ! journal_is_empty; do
        line=$(tail -n 1 "$JOURNAL")
        IFS=$'\t' read -r boot verb args <<<"$line"
        [[ $boot == "$(boot_id)" && -v UNDO[$verb] ]] ||
            die "$JOURNAL: can't read the line '$line'" "undo it by hand, remove the line, run ./run host --undo again"
        IFS=$'\t' read -ra args <<<"$args"
        "${UNDO[$verb]}" "${args[@]}"
        sed -i '$d' "$JOURNAL"
    done
    rm -f "$JOURNAL" "$HOST_RUN"/{libvirtd.conf,libvirtd.log,virtlogd.log,virtlockd.log}
    rmdir "$HOST_STATE" "$HOST_RUN" 2>/dev/null || true # kept if someone else's files are there
}
