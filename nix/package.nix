# benchd as a package: the daemon, the client, the programs of nodes, recipes and systemd's files.
{
  lib,
  stdenv,
  src,
  meson,
  ninja,
  pkg-config,
  python3,
  curl,
  glibc,
  jansson,
  libmicrohttpd,
  libuv,
  libvirt,
  libyaml,
  openssl,
  sqlite,
  zlib,
  zstd,
}:

stdenv.mkDerivation {
  pname = "benchd";
  version = "0.1.0";
  inherit src;

  nativeBuildInputs = [
    meson
    ninja
    pkg-config
    python3
  ];

  buildInputs = [
    curl
    glibc.static # the programs of nodes are linked with nothing else
    jansson
    libmicrohttpd
    libuv
    libvirt
    libyaml
    openssl
    sqlite
    zlib
    zstd
  ];

  mesonFlags = [ "-Dtests=false" ];

  postPatch = "patchShebangs lib";

  meta = {
    description = "Virtual HPC clusters for experiments, up in seconds and gone without a trace";
    license = lib.licenses.asl20;
    platforms = lib.platforms.linux;
    mainProgram = "benchctl";
  };
}
