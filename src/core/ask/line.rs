//! The line on which a code is typed: what each key does to it, and to the screen. Pure.

use zeroize::Zeroizing;

use crate::core::secret::SecretString;

/// More than anybody types as a code.
const LONGEST: usize = 64;
/// Takes a mark off the screen.
const ERASE: &str = "\x08 \x08";

#[derive(Clone, Copy)]
pub enum Key {
    Enter,
    EndOfInput,
    Erase,
    EraseAll,
    Character(char),
}

impl Key {
    /// The key that gives a character on the console of Windows, whose keys for editing are fixed. `None` is Ctrl-C.
    #[cfg(any(windows, test))]
    pub const fn of_console(character: char) -> Option<Self> {
        Some(match character {
            '\x03' => return None,
            '\r' | '\n' => Self::Enter,
            // Ctrl-D and Ctrl-Z.
            '\x04' | '\x1a' => Self::EndOfInput,
            '\x08' | '\x7f' => Self::Erase,
            // Ctrl-U, Ctrl-W, and Escape, as on any line there.
            '\x15' | '\x17' | '\x1b' => Self::EraseAll,
            other => Self::Character(other),
        })
    }
}

pub enum Pressed {
    /// What the screen shows of it.
    Shows(String),
    Entered(SecretString),
    /// The end of the input, before anything was typed.
    Ended,
}

pub struct Line {
    typed: Zeroizing<String>,
}

impl Default for Line {
    fn default() -> Self {
        // It never grows, because that would leave a copy behind.
        Self { typed: Zeroizing::new(String::with_capacity(LONGEST + 4)) }
    }
}

impl Line {
    pub fn press(&mut self, key: Key) -> Pressed {
        let shown = match key {
            Key::Enter => return Pressed::Entered(SecretString::from(self.typed.as_str())),
            Key::EndOfInput if self.typed.is_empty() => return Pressed::Ended,
            Key::Erase => self.typed.pop().map_or("", |_| ERASE).to_owned(),
            Key::EraseAll => {
                let marks = self.typed.chars().count();
                self.typed.clear();
                ERASE.repeat(marks)
            }
            Key::Character(c) if self.typed.len() < LONGEST && !c.is_control() => {
                self.typed.push(c);
                "*".to_owned()
            }
            Key::EndOfInput | Key::Character(_) => String::new(),
        };
        Pressed::Shows(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::secret::ExposeSecret;

    /// What the screen shows, and what was entered.
    fn typed(keys: impl IntoIterator<Item = Key>) -> (String, Option<String>) {
        let (mut line, mut screen) = (Line::default(), String::new());
        for key in keys {
            match line.press(key) {
                Pressed::Shows(text) => screen += &text,
                Pressed::Entered(text) => return (screen, Some(text.expose_secret().to_owned())),
                Pressed::Ended => return (screen + "end", None),
            }
        }
        (screen, None)
    }

    fn characters(text: &str) -> impl Iterator<Item = Key> {
        text.chars().map(Key::Character)
    }

    #[test]
    fn ask_2_a_mark_is_shown_for_each_character_and_taken_off_again() {
        let entered = |text: &str| Some(text.to_owned());
        let keys = characters("12\u{1b}3").chain([Key::Erase]).chain(characters("４")).chain([Key::Enter]);
        assert_eq!(typed(keys), (format!("***{ERASE}*"), entered("12４")));
        let keys = characters("12").chain([Key::EraseAll, Key::Erase]).chain(characters("3")).chain([Key::Enter]);
        assert_eq!(typed(keys), (format!("**{ERASE}{ERASE}*"), entered("3")));
        let (screen, line) = typed(characters(&"1".repeat(100)).chain([Key::Enter]));
        assert_eq!((screen.len(), line.map(|line| line.len())), (LONGEST, Some(LONGEST)));
    }

    #[test]
    fn ask_2_the_keys_of_a_console_edit_the_line() {
        let on_console = |text: &str| typed(text.chars().map_while(Key::of_console));
        let entered = |screen: String, text: &str| (screen, Some(text.to_owned()));
        assert_eq!(on_console("12\x083\r"), entered(format!("**{ERASE}*"), "13"));
        for all in ['\x15', '\x17', '\x1b'] {
            assert_eq!(on_console(&format!("12{all}3\n")), entered(format!("**{ERASE}{ERASE}*"), "3"));
        }
        assert_eq!(on_console("\x1a"), ("end".to_owned(), None));
        assert_eq!(on_console("1\x7f\x04"), (format!("*{ERASE}end"), None));
        assert_eq!(on_console("12\x0334\r"), ("**".to_owned(), None));
    }

    #[test]
    fn ask_2_the_input_ends_only_before_anything_is_typed() {
        assert_eq!(typed([Key::EndOfInput]), ("end".to_owned(), None));
        assert_eq!(typed(characters("1").chain([Key::Erase, Key::EndOfInput])), (format!("*{ERASE}end"), None));
        assert_eq!(typed(characters("1").chain([Key::EndOfInput])), ("*".to_owned(), None));
    }
}
