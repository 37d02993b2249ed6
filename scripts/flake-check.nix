# What flake.nix makes of a Nixpkgs in which a package is only its name: what it would build, for which systems.
let
  stand-in = {
    rustPlatform.buildRustPackage = build: build;
    mkShell = shell: shell;
    installShellFiles = "installShellFiles";
    lib.licenses.mit = "MIT";
    cargo = "cargo";
    clippy = "clippy";
    just = "just";
    rustc = "rustc";
    rustfmt = "rustfmt";
    shellcheck = "shellcheck";
  };
  genAttrs =
    names: make:
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = make name;
      }) names
    );
  nixpkgs = {
    lib = { inherit genAttrs; };
    legacyPackages = genAttrs [ "aarch64-darwin" "aarch64-linux" "x86_64-darwin" "x86_64-linux" ] (_: stand-in);
  };
  outputs = (import ../flake.nix).outputs {
    self = ../.;
    inherit nixpkgs;
  };
  built = builtins.mapAttrs (_: packages: packages.default) outputs.packages;
in
assert builtins.all (build: builtins.pathExists build.cargoLock.lockFile) (builtins.attrValues built);
{
  builds = builtins.mapAttrs (_: build: "${build.pname} ${build.version}, ${build.meta.homepage}, ${build.meta.license}") built;
  shells = builtins.mapAttrs (_: shells: shells.default.packages) outputs.devShells;
}
