//! What `headwater parse` takes of memory, measured on the real program: below 64 MiB, or ten times
//! the input, whichever is larger. The pages of the program's own file do not count: the system lends
//! them, and an unoptimised program has many.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

const FLOOR: usize = 64 << 20;

/// The largest resident set, without its own file, of a process that reads `text`, in bytes, and what it printed. After the
/// file it reads its standard input, so it waits for us to look.
fn peak(name: &str, text: &str) -> (usize, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    fs::write(&file, text).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_headwater"))
        .args(["--json", "parse"])
        .arg(&file)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let kibibytes = |field: &str| -> usize {
        let value = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        value.trim().trim_end_matches(" kB").parse().unwrap()
    };
    let kibibytes = kibibytes("VmHWM:") - kibibytes("RssFile:");
    drop(child.stdin.take());
    child.wait().unwrap();
    (kibibytes << 10, line)
}

fn assert_modest(name: &str, text: &str) -> String {
    let (peak, line) = peak(name, text);
    let limit = FLOOR.max(text.len() * 10);
    assert!(peak < limit, "{name}: {} KiB of {} KiB", peak >> 10, limit >> 10);
    line
}

fn channel(items: &str) -> String {
    format!("<rss version=\"2.0\"><channel><title>t</title>{items}</channel></rss>")
}

#[test]
fn a_million_of_anything_takes_little() {
    for (name, text) in [
        ("items.xml", channel(&"<item/>".repeat(1_000_000))),
        ("titles.xml", channel(&"<item><title>x</title></item>".repeat(200_000))),
        (
            "fields.xml",
            channel(&format!("<item>{}</item>", "<category>x</category>".repeat(300_000))),
        ),
        ("elements.xml", channel(&format!("<item>{}</item>", "<a/>".repeat(1_000_000)))),
        ("outside.xml", channel(&"<a/>".repeat(1_000_000))),
        ("deep.xml", channel(&format!("<item>{}", "<a>".repeat(1_000_000)))),
        ("depths.xml", format!("{}{}", "<a>".repeat(1_000_000), "</a>".repeat(1_000_000))),
        ("attributes.xml", channel(&format!("<item {}/>", "a='b' ".repeat(1_000_000)))),
        ("namespaces.xml", channel(&format!("<item {}/>", "xmlns:a='b' ".repeat(500_000)))),
        ("page.html", format!("<html>{}", "<a href='/feed.xml'>x</a>".repeat(200_000))),
        ("json.json", format!("{{\"items\":[{}1]}}", "{},".repeat(1_000_000))),
        ("numbers.json", format!("{{\"items\":[{{\"x\":[{}1]}}]}}", "0,".repeat(2_000_000))),
        ("brackets.json", format!("{{\"items\":{}", "[".repeat(1_000_000))),
    ] {
        assert_modest(name, &text);
    }
}

#[test]
fn text_does_not_grow() {
    let text = "字 &lt;b>&amp;amp; ".repeat(300_000);
    let line = assert_modest(
        "text.xml",
        &channel(&format!("<item><description>{text}</description></item>")),
    );
    assert!(line.len() > text.len() / 2, "all of it is there");
    // The sign that is longest when it is written as a reference, wherever text may stand.
    let signs = "&".repeat(5_000_000);
    for (name, text) in [
        ("html.xml", channel(&format!("<item><description>{signs}</description></item>"))),
        ("text.xml", format!("<entry><summary type='text'>{signs}</summary></entry>")),
        ("text.json", format!("{{\"items\":[{{\"content_text\":\"{signs}\"}}]}}")),
    ] {
        assert_modest(name, &text);
    }
    let bold = "<b><i><font color=1><p>".repeat(200_000);
    assert_modest(
        "bold.xml",
        &channel(&format!("<item><description><![CDATA[{bold}]]></description></item>")),
    );
}

#[test]
fn little_does_not_become_much() {
    let bomb = "<!DOCTYPE rss [<!ENTITY a \"0123456789\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>";
    let items = format!("<item><title>{}</title></item>", "&a;&b;&c;".repeat(300_000));
    assert_modest("bomb.xml", &format!("{bomb}{}", channel(&items)));
    let base = format!("https://example.org/{}/", "a".repeat(400));
    let based = |items: &str| {
        channel(items).replace("<channel>", &format!("<channel xml:base=\"{base}\">"))
    };
    let declared = |level: usize| -> String {
        let names = (0..100).map(|n| format!(" xmlns:N{level}x{n}=''"));
        format!("<a{}>", names.collect::<String>())
    };
    let nested: String = (0..127).map(declared).collect();
    assert_modest("nested.xml", &channel(&format!("{nested}<item/>")));
    let keywords = "<itunes:keywords>".to_owned() + &"k,".repeat(2_000_000);
    assert_modest("keywords.xml", &channel(&format!("<item>{keywords}</item>")));
    assert_modest("links.xml", &based(&"<item><link>a</link></item>".repeat(50_000)));
    let pictures = "<img src=a>".repeat(100_000);
    assert_modest(
        "pictures.xml",
        &based(&format!("<item><description><![CDATA[{pictures}]]></description></item>")),
    );
}
