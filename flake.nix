{
  # A shell with what the tests run; npm installs the rest. On NixOS itself the binaries that npm brings (Node 24.21.0,
  # the Claude CLI) need programs.nix-ld.enable = true. No flake.lock is kept: it could not be made, or this tried, on a
  # machine with Nix.
  description = "breakglass: the page you open when your VM has wedged";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      each = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
    in
    {
      devShells = each (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.nodejs_24
            pkgs.chromium
            pkgs.openssh
            pkgs.qemu
            pkgs.shellcheck
            pkgs.dash
            pkgs.git
            pkgs.socat
            pkgs.util-linux
            pkgs.nginx
          ];
        };
      });
    };
}
