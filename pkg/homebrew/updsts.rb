# A formula for a tap; `scripts/fill-packages` fills in version and sums.
class Updsts < Formula
  desc "Temporary AWS sessions from an MFA code, kept in the shared credentials file"
  homepage "https://github.com/OWNER/updsts"
  version "@VERSION@"
  license "MIT"

  on_macos do
    on_arm do
      url "https://github.com/OWNER/updsts/releases/download/@VERSION@/updsts-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256 updsts-@VERSION@-aarch64-apple-darwin.tar.gz@"
    end
    on_intel do
      url "https://github.com/OWNER/updsts/releases/download/@VERSION@/updsts-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256 updsts-@VERSION@-x86_64-apple-darwin.tar.gz@"
    end
  end

  on_linux do
    on_arm do
      url "https://github.com/OWNER/updsts/releases/download/@VERSION@/updsts-@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256 updsts-@VERSION@-aarch64-unknown-linux-musl.tar.gz@"
    end
    on_intel do
      url "https://github.com/OWNER/updsts/releases/download/@VERSION@/updsts-@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256 updsts-@VERSION@-x86_64-unknown-linux-musl.tar.gz@"
    end
  end

  def install
    bin.install "updsts", "mock-sts"
    man1.install "updsts.1"
    bash_completion.install "completions/updsts.bash" => "updsts"
    zsh_completion.install "completions/_updsts"
    fish_completion.install "completions/updsts.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/updsts --version")
  end
end
