//! Which clients there are, and where each keeps its servers.

use std::path::PathBuf;

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::core::environment::Environment;

/// A client by its name on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Client {
    ClaudeCode,
    ClaudeDesktop,
    Codex,
    Cursor,
    #[strum(serialize = "vscode")]
    VsCode,
    Gemini,
    Windsurf,
    Kiro,
}

/// How a client writes its servers down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON, with comments if the user has some; the servers are members of this object.
    Json { section: &'static str },
    /// Tables of Codex's `config.toml`.
    Toml,
}

impl Client {
    pub fn id(self) -> &'static str {
        self.into()
    }

    /// The name that people know.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Claude Code",
            Self::ClaudeDesktop => "Claude Desktop",
            Self::Codex => "Codex",
            Self::Cursor => "Cursor",
            Self::VsCode => "VS Code",
            Self::Gemini => "Gemini CLI",
            Self::Windsurf => "Windsurf",
            Self::Kiro => "Kiro",
        }
    }

    pub const fn format(self) -> Format {
        match self {
            Self::Codex => Format::Toml,
            Self::VsCode => Format::Json { section: "servers" },
            _ => Format::Json { section: "mcpServers" },
        }
    }

    /// The program that registers servers itself.
    pub const fn command(self) -> Option<&'static str> {
        match self {
            Self::ClaudeCode => Some("claude"),
            Self::Codex => Some("codex"),
            Self::Gemini => Some("gemini"),
            _ => None,
        }
    }

    /// Whether the file names the kind of a server.
    pub const fn names_kind(self) -> bool {
        matches!(self, Self::ClaudeCode | Self::VsCode)
    }

    /// The user's own file of servers; `None` if the home directory is not known.
    ///
    /// Sources: <https://code.claude.com/docs/en/mcp>, <https://modelcontextprotocol.io/docs/develop/connect-local-servers>,
    /// <https://developers.openai.com/codex/mcp>, <https://cursor.com/docs/context/mcp>,
    /// <https://code.visualstudio.com/docs/copilot/customization/mcp-servers>,
    /// <https://github.com/google-gemini/gemini-cli/blob/main/docs/tools/mcp-server.md>,
    /// <https://docs.windsurf.com/windsurf/cascade/mcp>, <https://kiro.dev/docs/mcp/configuration>
    pub fn file(self, environment: &Environment) -> Option<PathBuf> {
        let home = environment.home()?;
        let named = |variable: &str, default: &str| {
            environment.var_os(variable).map_or_else(|| home.join(default), PathBuf::from)
        };
        Some(match self {
            Self::ClaudeCode => named("CLAUDE_CONFIG_DIR", "").join(".claude.json"),
            Self::ClaudeDesktop => applications(environment)?.join("Claude").join("claude_desktop_config.json"),
            Self::Codex => named("CODEX_HOME", ".codex").join("config.toml"),
            Self::Cursor => home.join(".cursor").join("mcp.json"),
            Self::VsCode => applications(environment)?.join("Code").join("User").join("mcp.json"),
            Self::Gemini => home.join(".gemini").join("settings.json"),
            Self::Windsurf => home.join(".codeium").join("windsurf").join("mcp_config.json"),
            Self::Kiro => home.join(".kiro").join("settings").join("mcp.json"),
        })
    }

    /// Whether the user has it, as far as its directories and its program show.
    pub fn is_there(self, environment: &Environment) -> bool {
        let home = environment.home().unwrap_or_default();
        let directory = match self {
            Self::ClaudeCode => home.join(".claude"),
            Self::Kiro => home.join(".kiro"),
            _ => self.file(environment).and_then(|file| file.parent().map(PathBuf::from)).unwrap_or_default(),
        };
        let has_file = self.file(environment).is_some_and(|file| file.is_file());
        has_file || directory.is_dir() || self.program(environment).is_some()
    }

    /// The path of its own program.
    pub fn program(self, environment: &Environment) -> Option<PathBuf> {
        let path = environment.var_os("PATH")?;
        // An empty or relative entry means the current directory or one below it, which anybody may own.
        let directories = std::env::split_paths(&path).filter(|directory| directory.is_absolute());
        which::which_in_global(self.command()?, std::env::join_paths(directories).ok()).ok()?.next()
    }
}

/// Where applications with windows keep the user's settings.
fn applications(environment: &Environment) -> Option<PathBuf> {
    let home = environment.home()?;
    Some(if cfg!(windows) {
        environment.var_os("APPDATA").map_or_else(|| home.join("AppData").join("Roaming"), PathBuf::from)
    } else if cfg!(target_os = "macos") {
        home.join("Library").join("Application Support")
    } else {
        environment.var_os("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from)
    })
}
