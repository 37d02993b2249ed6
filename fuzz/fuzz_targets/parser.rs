//! No bytes make the reader panic, loop or lose a byte (FILE-1).

#![no_main]

use libfuzzer_sys::fuzz_target;
use updsts::core::ini::botocore::Reading;
use updsts::core::ini::lines::Lines;
use updsts::core::block::layout::Layout;
use updsts::core::ini::profiles::Profiles;

fuzz_target!(|file: &[u8]| {
    let mut at = if file.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    for line in Lines::of(file) {
        assert_eq!(line.start, at, "lines cover every byte once");
        assert!(line.end > line.start);
        at = line.end;
    }
    assert_eq!(at, file.len());

    let layout = Layout::of(file);
    for block in layout.blocks() {
        let range = block.range();
        assert!(range.start < range.end && range.end <= file.len());
        assert!(block.begin.end <= block.end.start);
    }

    Reading::of(file);
    Profiles::of_config(file);
    let profiles = Profiles::of_credentials(file);
    for profile in profiles.iter() {
        let is_there = profile.name.is_empty() || file.windows(profile.name.len()).any(|part| part == &*profile.name);
        assert!(is_there, "a name stands in the file");
    }

    // A comment at the end says nothing.
    let commented = [file, b"\n# end\n"].concat();
    let again = Profiles::of_credentials(&commented);
    assert!(profiles.iter().map(|profile| &profile.name).eq(again.iter().map(|profile| &profile.name)));
    assert!(profiles.iter().zip(again.iter()).all(|(a, b)| a.reads_like(b)));
});
