#!/usr/bin/env python3
"""What benchd.service may not say (docs/decisions/0004-no-mount-namespace.md).

    unit_test.py UNIT           0 when the unit says nothing that is refused
    unit_test.py --self-check   show that each refused directive is found
"""
import sys

# Each gives the service a mount namespace of its own, from which mounts don't reach libvirtd. After
# systemd.exec(5), and, for those that it is silent about, systemd's exec_needs_mount_namespace().
MOUNT_NAMESPACE = {
    "BindPaths": "mounts over paths",
    "BindReadOnlyPaths": "mounts over paths",
    "DynamicUser": "implies ProtectSystem=strict, ProtectHome= and PrivateTmp=, and mounts its StateDirectory=",
    "ExecPaths": "mounts paths anew with other flags",
    "ExtensionDirectories": "mounts an overlay over /usr and /opt",
    "ExtensionImages": "mounts an overlay over /usr and /opt",
    "IPCNamespacePath": "mounts /dev/mqueue anew",
    "InaccessiblePaths": "mounts over paths",
    "InaccessibleDirectories": "is InaccessiblePaths= by an older name",
    "LogNamespace": "mounts over journald's sockets",
    "MountAPIVFS": "mounts /proc, /sys and /dev",
    "MountFlags": "sets how mounts spread, in a namespace that it makes",
    "MountImages": "mounts images",
    "NetworkNamespacePath": "mounts /sys anew (since systemd 254), and hides the host's links",
    "NoExecPaths": "mounts paths anew with other flags",
    "PrivateBPF": "mounts a bpffs",
    "PrivateDevices": "mounts a /dev",
    "PrivateIPC": "mounts /dev/mqueue anew",
    "PrivateMounts": "is a mount namespace",
    "PrivateNetwork": "mounts /sys anew (since systemd 254), and hides the host's links",
    "PrivatePIDs": "mounts a /proc, and hides the nodes' processes",
    "PrivateTmp": "mounts a /tmp and a /var/tmp",
    "ProcSubset": "mounts a /proc",
    "ProtectControlGroups": "mounts /sys/fs/cgroup read-only",
    "ProtectHome": "mounts over /home, /root and /run/user",
    "ProtectKernelLogs": "mounts over /dev/kmsg and /proc/kmsg",
    "ProtectKernelModules": "mounts over /usr/lib/modules",
    "ProtectKernelTunables": "mounts /proc/sys and /sys read-only",
    "ProtectProc": "mounts a /proc",
    "ProtectSystem": "mounts /usr, /boot, /etc read-only",
    "ReadOnlyDirectories": "is ReadOnlyPaths= by an older name",
    "ReadOnlyPaths": "mounts paths anew with other flags",
    "ReadWriteDirectories": "is ReadWritePaths= by an older name",
    "ReadWritePaths": "mounts paths anew with other flags",
    "RootDirectory": "mounts /proc, /sys and /dev below a root of its own",
    "RootImage": "mounts an image",
    "TemporaryFileSystem": "mounts over paths",
}

# Each would be inherited by the commands that benchd starts in nodes, where it changes what is measured, or
# by the programs that build images, which then can't.
INHERITED = {
    "LockPersonality": "a filter on each system call of a command in a node; setarch fails there",
    "MemoryDenyWriteExecute": "a filter on each system call of a command in a node; JITs fail there",
    "NoNewPrivileges": "set-user-id programs in nodes would run as their caller",
    "PrivateUsers": "mounts and nodes can't be made from a user namespace",
    "ProtectClock": "a filter on each system call of a command in a node",
    "ProtectHostname": "a filter on each system call of a command in a node",
    "RestrictAddressFamilies": "a filter on each system call of a command in a node",
    "RestrictFileSystems": "overlayfs, and what is mounted while an image is built, would have to be listed",
    "RestrictNamespaces": "nodes could not be entered, and images not be built",
    "RestrictRealtime": "a filter on each system call of a command in a node; chrt fails there",
    "RestrictSUIDSGID": "packages with set-user-id programs could not be unpacked",
    "SystemCallArchitectures": "a filter on each system call of a command in a node",
    "SystemCallFilter": "a filter on each system call of a command in a node",
}


def directives(text):
    """(name, value) of each assignment; a backslash at a line's end joins the next one on."""
    joined = ""
    for line in text.splitlines():
        if line.lstrip().startswith(("#", ";")):
            continue
        if line.endswith("\\"):
            joined += line[:-1] + " "
            continue
        name, equals, value = (joined + line).partition("=")
        joined = ""
        if equals:
            yield name.strip(), value.strip()


def faults_of(text):
    for name, value in directives(text):
        if name in MOUNT_NAMESPACE:
            yield f"{name}={value}: a mount namespace of its own: it {MOUNT_NAMESPACE[name]}"
        if name in INHERITED:
            yield f"{name}={value}: inherited by what benchd starts: {INHERITED[name]}"


GOOD = "[Unit]\nDescription=x\n# PrivateTmp=yes\n[Service]\nExecStart=/bin/true --PrivateTmp=yes \\\n  PrivateTmp=yes\n"


def self_check():
    wrong = [f"wrongly refused: {fault}" for fault in faults_of(GOOD)]
    for name in (*MOUNT_NAMESPACE, *INHERITED):
        for line in (f"{name}=yes", f"  {name} = /x", f"{name}=\\\n yes"):
            if len(list(faults_of(GOOD + line + "\n"))) != 1:
                wrong.append(f"not found: {line}")
    return wrong


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    if arguments[0] == "--self-check":
        found = self_check()
    else:
        with open(arguments[0], encoding="utf-8") as unit:
            found = list(faults_of(unit.read()))
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


main(sys.argv[1:])
