# `nix run github:OWNER/updsts`; `nix develop` has what the recipes need. The first `nix build` writes flake.lock: commit it.
{
  description = "Temporary AWS sessions from an MFA code, kept in the shared credentials file";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";

  outputs =
    { self, nixpkgs }:
    let
      manifest = builtins.fromTOML (builtins.readFile ./Cargo.toml);
      systems = [
        "aarch64-darwin"
        "aarch64-linux"
        "x86_64-darwin"
        "x86_64-linux"
      ];
      forEach = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
    in
    {
      packages = forEach (pkgs: {
        default = pkgs.rustPlatform.buildRustPackage {
          pname = "updsts";
          inherit (manifest.workspace.package) version;
          src = self;
          cargoLock.lockFile = ./Cargo.lock;
          cargoBuildFlags = [ "--workspace" ];
          # `just test` runs them; some need a terminal and programs that the sandbox does not have.
          doCheck = false;
          nativeBuildInputs = [ pkgs.installShellFiles ];
          postInstall = ''
            $out/bin/updsts man > updsts.1
            installManPage updsts.1
            installShellCompletion --cmd updsts \
              --bash <($out/bin/updsts completions bash) \
              --fish <($out/bin/updsts completions fish) \
              --zsh <($out/bin/updsts completions zsh)
          '';
          meta = {
            inherit (manifest.package) description;
            homepage = manifest.workspace.package.repository;
            license = pkgs.lib.licenses.mit;
            mainProgram = "updsts";
          };
        };
      });

      devShells = forEach (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.cargo
            pkgs.clippy
            pkgs.just
            pkgs.rustc
            pkgs.rustfmt
            pkgs.shellcheck
          ];
        };
      });
    };
}
