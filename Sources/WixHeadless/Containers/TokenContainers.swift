public import Foundation
import VisitorSessions

/// Files and texts with the tokens of any number of sessions in them, told apart by their content alone: HAR files,
/// Playwright's `storageState`, Netscape's `cookies.txt`, cookie header lines, curl commands, lists and lines of the shapes that
/// ``StoredShapes`` knows, and any of these shapes by itself.
public enum TokenContainers {
    /// The largest text that is read whole, in bytes.
    public static let sizeLimit = 64 << 20

    /// What is in `bytes`, text in UTF-8 or, with a byte order mark, UTF-16.
    ///
    /// Throws where it is nothing of this. Where it is, but nothing in it can be read, there are no findings.
    ///
    /// - Parameter now: The local clock: dates what has only a lifetime.
    public static func read(_ bytes: Data, now: Date) throws(UnreadableTokens) -> FoundTokens {
        guard bytes.count <= sizeLimit else {
            throw UnreadableTokens("This is larger than \(sizeLimit >> 20) MiB, which is more than is read at once.")
        }
        let content = UnwrappedText.trimmed(try text(bytes))
        guard !content.isEmpty else { throw UnreadableTokens("There is nothing here.") }
        if content.hasPrefix("{") || content.hasPrefix("[") { return try json(content, now) }
        if CurlCommand.isOne(content) { return CurlCommand.read(content, now: now) }
        if CookiesText.isOne(content) { return CookiesText.read(content, now: now) }
        if content.utf8.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            return try lines(content, now)
        }
        if let cookies = CookieHeader.cookies(content) {
            var list = FindingList()
            for cookie in cookies { cookie.find(at: "cookie \(cookie.shown)", now: now, into: &list) }
            let found = list.found(in: "cookie header")
            if !found.findings.isEmpty || !found.problems.isEmpty
                || content.prefixMatch(of: /(?i)(?:set-)?cookie[ \t]*:/) != nil
            {
                return found
            }
        }
        return try shape(content, now)
    }

    /// What is in the cookies of a browser's database.
    public static func read(cookies: [(host: String, name: String, value: String)], now: Date) -> FoundTokens {
        var list = FindingList()
        for (host, name, value) in cookies {
            let cookie = NamedValue(name: name, value: value)
            cookie.find(at: "cookie \(cookie.shown) of \(SafeText.shown(host, limit: 64))", now: now, into: &list)
        }
        return list.found(in: "Firefox cookies")
    }

    private static func text(_ bytes: Data) throws(UnreadableTokens) -> String {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            guard let text = String(data: bytes, encoding: .utf16) else {
                throw UnreadableTokens("This is not text in UTF-16, though its byte order mark says so.")
            }
            return text
        }
        guard !bytes.starts(with: [0x1F, 0x8B]) else { throw UnreadableTokens("This is compressed. Unpack it first.") }
        guard !bytes.starts(with: Data("SQLite format 3\0".utf8)) else {
            throw UnreadableTokens("This is an SQLite database: import takes it as a file of its own.")
        }
        guard let text = String(data: bytes, encoding: .utf8) else {
            throw UnreadableTokens("This is not text in UTF-8.")
        }
        return text
    }

    /// The lists of containers, which may be long: an element of them is read at a time.
    private static let longLists = Set(["", StorageState.cookies, StorageState.origins, HARFile.entries])

    private static func json(_ content: String, _ now: Date) throws(UnreadableTokens) -> FoundTokens {
        let outline: JSONReader.Outline
        do {
            outline = try JSONReader.outline(content.utf8, leavingOut: longLists)
        } catch {
            // One value a line, or one shape: that says where it breaks off.
            let isLines = error.reason == JSONFault.trailing && content.utf8.contains(UInt8(ascii: "\n"))
            guard !isLines else { return try lines(content, now) }
            throw StoredShapes.unreadable(error, in: content)
        }
        if let found = HARFile.read(outline, now: now) ?? StorageState.read(outline, now: now) { return found }
        guard outline.has("") else {
            return whole(try StoredShapes.read(outline.value, outline.repetition, of: content, now: now))
        }
        var list = FindingList()
        for (index, item) in outline.elements("").enumerated() {
            let place = "item \(index + 1)"
            do throws(UnreadableTokens) {
                if let fault = item.fault { throw StoredShapes.unreadable(fault, in: content) }
                if NamedValue(item.value) != nil {
                    StorageState.find(item.value, now: now, into: &list)
                } else if let text = item.value.string {
                    list.add(try StoredShapes.read(text, now: now), at: place)
                } else {
                    list.add(try StoredShapes.read(item.value, now: now), at: place)
                }
            } catch {
                list.add(problem: error, at: place)
            }
        }
        return list.found(in: "JSON list")
    }

    private static func lines(_ content: String, _ now: Date) throws(UnreadableTokens) -> FoundTokens {
        let found = TokenLines.read(content, now: now)
        guard !found.findings.isEmpty else {
            let first = found.problems.first.map { " \($0.place): \($0.sentence)" } ?? ""
            throw UnreadableTokens("None of these lines holds tokens.\(first)")
        }
        return found
    }

    private static func shape(_ content: String, _ now: Date) throws(UnreadableTokens) -> FoundTokens {
        whole(try StoredShapes.read(content, now: now))
    }

    private static func whole(_ read: ReadTokens) -> FoundTokens {
        FoundTokens(container: read.shape, findings: [.init(read, place: "the whole")], problems: [])
    }
}

/// Several lines with tokens: JSON, bare tokens or cookies, one a line.
enum TokenLines {
    static let name = "text of several lines"

    static func read(_ text: some StringProtocol, now: Date) -> FoundTokens {
        var list = FindingList()
        var hasBrokenToken = false
        for (index, line) in TextLines(text).enumerated() {
            guard !line.allSatisfy(\.isWhitespace) else { continue }
            let place = "line \(index + 1)"
            if let cookies = CookieHeader.cookies(line) {
                for cookie in cookies { cookie.find(at: "\(place), cookie \(cookie.shown)", now: now, into: &list) }
                continue
            }
            do {
                list.add(try StoredShapes.read(String(line), now: now), at: place)
            } catch {
                list.add(problem: error, at: place)
                hasBrokenToken = hasBrokenToken || line.contains("JWS.")
            }
        }
        let notes = list.pairHalves(besideOthers: hasBrokenToken)
        return list.found(in: name, notes: notes)
    }
}

/// The lines of a text, each when it is its turn: found by bytes, without memory for all of them.
///
/// A line ends with LF, CR LF or CR.
struct TextLines: Sequence, IteratorProtocol {
    private var rest: Substring.UTF8View
    private var isAtEnd = false

    init(_ text: some StringProtocol) {
        rest = Substring(text).utf8
    }

    mutating func next() -> Substring? {
        guard !isAtEnd else { return nil }
        let line = rest.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        rest = rest[line.endIndex...]
        isAtEnd = rest.isEmpty
        let isCarriageReturn = rest.popFirst() == UInt8(ascii: "\r")
        if isCarriageReturn, rest.first == UInt8(ascii: "\n") { rest.removeFirst() }
        return Substring(line)
    }
}
