import Foundation
import VisitorSessions

/// Text that a terminal, an editor or a mail program broke into lines: the lines are joined where a token goes on, and
/// prompts and line numbers in front of every line are dropped.
enum LineWraps {
    /// A shorter line isn't a full one.
    private static let narrowest = 20

    /// The ways to repair the text, the most certain first.
    struct Repairs {
        /// A token's length shows where it goes on, or every line has the same decoration. `nil`: there is nothing like it.
        var certain: DecodedText?

        /// Every line that is as long as the longest goes on, too.
        var possible: DecodedText?
    }

    static func repairs(_ text: String) -> Repairs {
        guard text.hasLineBreak else { return Repairs() }
        var lines = TextLines(text).map { String($0) }
        var steps: [String] = []
        if let undecorated = undecorated(lines) {
            lines = undecorated
            steps.append("prompts or line numbers dropped")
        }
        func repaired(byWidth: Bool) -> DecodedText? {
            let joined = joined(lines, byWidth: byWidth)
            let steps = steps + (joined.count < lines.count ? ["wrapped lines joined"] : [])
            guard !steps.isEmpty else { return nil }
            return DecodedText(text: joined.joined(separator: "\n"), step: steps.joined(separator: ", "))
        }
        return Repairs(certain: repaired(byWidth: false), possible: repaired(byWidth: true))
    }

    /// The lines without the same kind of decoration in front of each. `nil`: there is none.
    private static func undecorated(_ lines: [String]) -> [String]? {
        let filled = lines.filter { $0.contains { !$0.isWhitespace } }
        guard filled.count >= 2 else { return nil }
        for prompt in ["> ", ">", "$ ", "| ", "│ ", "+", "- "] where filled.allSatisfy({ $0.hasPrefix(prompt) }) {
            return lines.map { String($0.dropFirst(prompt.count)) }
        }
        // Numbers that count up by one.
        var last: Int?
        var bodies: [String] = []
        for line in filled {
            let head = line.drop(while: \.isWhitespace)
            let digits = head.prefix { $0.isASCII && $0.isNumber }
            let tail = head.dropFirst(digits.count)
            guard (1...7).contains(digits.count), let number = Int(digits), last.map({ number == $0 + 1 }) ?? true,
                let mark = tail.first, " \t:|│".contains(mark)
            else { return nil }
            last = number
            let rest = tail.drop { " \t".contains($0) }
            bodies.append(
                String(rest.first.map { ":|│".contains($0) } ?? false ? rest.dropFirst().drop { $0 == " " } : rest))
        }
        return bodies
    }

    private static func joined(_ lines: [String], byWidth: Bool) -> [String] {
        let width = byWidth ? lines.map(\.utf8.count).max() ?? 0 : .max
        var joined: [String] = []
        var index = 0
        while index < lines.count {
            var whole = trimmedEnd(lines[index])
            var token = OpenToken(atEndOf: whole)
            var count = 1
            while index + count < lines.count,
                continues(lines[index + count - 1], token, with: lines[index + count], width)
            {
                let next = trimmedEnd(lines[index + count])
                whole += next
                token = token?.appending(next) ?? OpenToken(atEndOf: next)
                count += 1
            }
            // A signature of the wrong length shows that the lines behind weren't its rest.
            if count > 1, token?.missing ?? 0 != 0 { count = 1 }
            joined.append(count > 1 ? whole : lines[index])
            index += count
        }
        return joined
    }

    /// Whether the token or text at the end of `last` goes on in `next`.
    private static func continues(_ last: String, _ token: OpenToken?, with next: String, _ width: Int) -> Bool {
        let start = next.utf8.first ?? 0x20
        guard start > 0x20, !next.hasPrefix("OauthNG."), !next.hasPrefix("JWS."), start != UInt8(ascii: "{") else {
            return false
        }
        if let missing = token?.missing, missing > 0 { return start.isTokenByte }
        return last.utf8.count == width && width >= narrowest && !last.contains { " \t".contains($0) }
    }

    /// The line without trailing blanks and without a trailing backslash, which continues a line.
    private static func trimmedEnd(_ line: String) -> String {
        var line = line.utf8[...]
        while let last = line.last, last <= 0x20 { line.removeLast() }
        if line.last == UInt8(ascii: "\\") { line.removeLast() }
        return String(Substring(line))
    }
}

/// The token in Wix's form that a line ends with. Its header names the algorithm, which decides how long the signature is.
private struct OpenToken {
    /// The length of a signature in base64url digits, by algorithm (RFC 7518, section 3.1).
    private static let digits = ["HS256": 43, "HS384": 64, "HS512": 86, "RS256": 342, "ES256": 86]

    private var header: [UInt8] = []
    private var dots = 0

    /// The length of the last part so far.
    private var length = 0

    /// Whether other characters follow the token.
    private var isClosed = false

    /// `nil`: the line ends with something else.
    init?(atEndOf line: String) {
        let tail = line.utf8.reversed().prefix(65_536).prefix(while: \.isTokenByte)
        let run = Substring(line.utf8[tail.endIndex.base...])
        guard run.hasBytes("JWS."), let marker = run.range(of: "JWS.", options: .backwards) else { return nil }
        append(run[marker.upperBound...].utf8)
        if isClosed { return nil }
    }

    func appending(_ line: String) -> OpenToken? {
        var token = self
        token.append(line.utf8[...])
        return token
    }

    private mutating func append(_ text: Substring.UTF8View) {
        for byte in text {
            guard byte.isTokenByte else {
                isClosed = true
                return
            }
            if byte == UInt8(ascii: ".") {
                (dots, length) = (dots + 1, 0)
            } else {
                length += 1
                if dots == 0, header.count < 4096 { header.append(byte) }
            }
        }
    }

    /// How many characters the token lacks at least; negative if it has too many. `nil`: unknown.
    var missing: Int? {
        guard dots < 2 else {
            guard dots == 2, let bytes = Data(base64URL: Substring(decoding: header, as: UTF8.self)),
                let json = try? JSONReader.read(bytes), let count = json["alg"]?.string.flatMap({ Self.digits[$0] })
            else { return nil }
            return count - length
        }
        return isClosed ? nil : 1
    }
}
