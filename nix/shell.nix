# What ./run needs of a system (tools/run.d/setup.sh has the same by Debian's names).
{
  mkShell,
  benchd,
  check,
  clang,
  clang-tools,
  coreutils,
  cppcheck,
  dnsmasq,
  iproute2,
  jq,
  kmod,
  libvirt,
  mmdebstrap,
  nftables,
  nodejs,
  procps,
  qemu,
  shellcheck,
  systemd,
  tini,
  tmux,
  util-linux,
  valgrind,
  zlib,
  zstd,
}:

mkShell {
  inputsFrom = [ benchd ];

  packages = [
    # to run
    coreutils
    dnsmasq
    iproute2
    jq
    kmod
    libvirt
    mmdebstrap
    nftables
    nodejs
    procps
    qemu
    tini
    util-linux
    zlib
    zstd
    # to test
    check
    clang
    clang-tools
    cppcheck
    shellcheck
    systemd
    tmux
    valgrind
  ];
}
