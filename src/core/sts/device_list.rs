//! The XML that IAM answers: a page of devices, or a refusal.

use aws_smithy_types::error::metadata::ErrorMetadata;
use aws_smithy_xml::decode::{Document, ScopedDecoder, try_data};

/// The most devices of a page that are read.
const MOST_DEVICES: usize = 100;

/// A part of the list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// Serial numbers; of virtual devices and passkeys their ARNs.
    pub(super) devices: Vec<String>,
    /// Where the next page begins.
    pub(super) marker: Option<String>,
}

/// `None` if it is not that document.
pub(super) fn page(xml: &str) -> Option<Page> {
    let mut document = Document::new(xml);
    let mut root = document.root_element().ok()?;
    if !root.start_el().matches("ListMFADevicesResponse") {
        return None;
    }
    first(&mut root, "ListMFADevicesResult", |result| {
        let (mut page, mut is_list, mut is_truncated) = (Page::default(), false, false);
        while let Some(mut tag) = result.next_tag() {
            match tag.start_el().local() {
                "MFADevices" => {
                    is_list = true;
                    devices(&mut tag, &mut page.devices)?;
                }
                "IsTruncated" => is_truncated = text(&mut tag)? == "true",
                "Marker" => page.marker = Some(text(&mut tag)?),
                _ => {}
            }
        }
        page.marker = page.marker.filter(|marker| is_truncated && !marker.is_empty());
        (is_list && is_truncated == page.marker.is_some()).then_some(page)
    })
}

fn devices(list: &mut ScopedDecoder<'_, '_>, devices: &mut Vec<String>) -> Option<()> {
    while let Some(mut member) = list.next_tag() {
        if devices.len() == MOST_DEVICES {
            return None;
        }
        devices.push(first(&mut member, "SerialNumber", text)?);
    }
    Some(())
}

/// The error's code and message, as far as it has them.
pub(super) fn refusal(xml: &str) -> ErrorMetadata {
    let mut metadata = ErrorMetadata::builder();
    let mut document = Document::new(xml);
    let Ok(mut root) = document.root_element() else { return metadata.build() };
    first(&mut root, "Error", |error| {
        while let Some(mut tag) = error.next_tag() {
            match tag.start_el().local() {
                "Code" => metadata = std::mem::take(&mut metadata).code(text(&mut tag)?),
                "Message" => metadata = std::mem::take(&mut metadata).message(text(&mut tag)?),
                _ => {}
            }
        }
        Some(())
    });
    metadata.build()
}

/// Reads the first element of that name.
fn first<T>(
    parent: &mut ScopedDecoder<'_, '_>,
    name: &str,
    mut read: impl FnMut(&mut ScopedDecoder<'_, '_>) -> Option<T>,
) -> Option<T> {
    while let Some(mut tag) = parent.next_tag() {
        if tag.start_el().matches(name) {
            return read(&mut tag);
        }
    }
    None
}

fn text(tag: &mut ScopedDecoder<'_, '_>) -> Option<String> {
    Some(try_data(tag).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(result: &str) -> Option<Page> {
        page(&format!(
            "<ListMFADevicesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListMFADevicesResult>{result}\
             </ListMFADevicesResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></ListMFADevicesResponse>"
        ))
    }

    #[test]
    fn first_1_a_list_of_devices_is_read_with_its_marker() {
        let member = |serial| format!("<member><UserName>u</UserName><SerialNumber>{serial}</SerialNumber></member>");
        let devices = format!("<MFADevices>{}{}</MFADevices>", member("GAHT12345678"), member("a&amp;b"));
        let whole = list(&format!("<UserName>u</UserName>{devices}<IsTruncated>false</IsTruncated>")).unwrap();
        assert_eq!(whole, Page { devices: vec!["GAHT12345678".into(), "a&b".into()], marker: None });
        let part = list(&format!("<IsTruncated>true</IsTruncated>{devices}<Marker>m+/=</Marker>")).unwrap();
        assert_eq!(part.marker.as_deref(), Some("m+/="));
        assert_eq!(list("<MFADevices/><IsTruncated>false</IsTruncated>"), Some(Page::default()));
    }

    #[test]
    fn first_1_what_is_no_list_is_refused() {
        for result in [
            "",
            "<IsTruncated>false</IsTruncated>",
            "<MFADevices><member></member></MFADevices>",
            "<MFADevices/><IsTruncated>true</IsTruncated>",
            "<MFADevices><member>",
        ] {
            assert_eq!(list(result), None, "{result}");
        }
        let member = "<member><SerialNumber>123456789</SerialNumber></member>";
        assert_eq!(list(&format!("<MFADevices>{}</MFADevices>", member.repeat(101))), None);
        for text in ["", "<html><body>hello</body></html>", "<ListMFADevicesResponse/>", "\u{0}"] {
            assert_eq!(page(text), None, "{text}");
        }
    }

    #[test]
    fn first_1_a_refusal_has_its_code_and_message_if_it_is_one() {
        let answer = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not &lt;you&gt;\
                      </Message></Error></ErrorResponse>";
        let metadata = refusal(answer);
        assert_eq!((metadata.code(), metadata.message()), (Some("AccessDenied"), Some("not <you>")));
        assert_eq!(refusal("<html>503</html>").code(), None);
        assert_eq!(refusal("").code(), None);
    }
}
