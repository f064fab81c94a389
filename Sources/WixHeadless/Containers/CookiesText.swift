import Foundation
import VisitorSessions

/// Netscape's `cookies.txt`, as `curl`, `wget` and browser extensions write it: a cookie a line, in seven fields
/// with tabs between them.
enum CookiesText {
    static let name = "cookies.txt"
    private static let headSize = 1 << 20

    static func isOne(_ text: String) -> Bool {
        // One line of a cookie has a few kilobytes; a text of one line has any number.
        let head = TextLines(String(decoding: text.utf8.prefix(headSize), as: UTF8.self))
        let lines = Array(head.lazy.filter { !$0.isEmpty }.prefix(64))
        guard let first = lines.first else { return false }
        return first.prefixMatch(of: /# (?:Netscape )?HTTP Cookie File/) != nil || lines.contains { fields($0) != nil }
    }

    static func read(_ text: String, now: Date) -> FoundTokens {
        var list = FindingList()
        for (index, line) in TextLines(text).enumerated() {
            guard let fields = fields(line) else { continue }
            let cookie = NamedValue(name: String(fields[5]), value: String(fields[6]))
            cookie.find(at: "line \(index + 1), cookie \(cookie.shown)", now: now, into: &list)
        }
        return list.found(in: name)
    }

    /// `nil` where the line holds no cookie.
    private static func fields(_ line: Substring) -> [Substring]? {
        var line = line
        if line.hasPrefix("#HttpOnly_") { line = line.dropFirst(10) }
        guard !line.hasPrefix("#") else { return nil }
        let fields = line.split(separator: "\t", maxSplits: 6, omittingEmptySubsequences: false)
        let flags: Set<Substring> = ["TRUE", "FALSE"]
        return fields.count == 7 && flags.contains(fields[1]) && flags.contains(fields[3]) ? fields : nil
    }
}
