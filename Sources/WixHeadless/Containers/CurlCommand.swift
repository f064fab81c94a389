import Foundation
import VisitorSessions

/// A curl command, as browsers' developer tools and this program copy it: the token is in its Authorization header, or in
/// its cookies.
enum CurlCommand {
    static let name = "curl command"

    static func isOne(_ text: String) -> Bool {
        text.hasPrefix("curl ") || text.hasPrefix("curl\t")
    }

    static func read(_ text: String, now: Date) -> FoundTokens {
        var list = FindingList()
        let words = ShellWords.split(text)
        for (option, value) in zip(words, words.dropFirst()) {
            switch option {
            // The last is a line of a configuration that comes by standard input (`curl -K -`).
            case "-H", "--header", "=": header(value, now, into: &list)
            case "-b", "--cookie": CookieHeader.find(value, in: "", now: now, into: &list)
            default: break
            }
        }
        return list.found(in: name)
    }

    private static func header(_ line: String, _ now: Date, into list: inout FindingList) {
        let field = line.prefix { $0 != ":" }.trimmingCharacters(in: .whitespaces).lowercased()
        if field == "cookie" { return CookieHeader.find(line, in: "", now: now, into: &list) }
        guard field == "authorization" else { return }
        do {
            list.add(try BareToken.read(line), at: "Authorization header")
        } catch {
            list.add(problem: error, at: "Authorization header")
        }
    }
}

/// The words of a command, as a shell takes it apart: quotes hold blanks, and a backslash the character behind it.
enum ShellWords {
    /// Takes time and memory in proportion to `text`, however long a word is.
    static func split(_ text: String) -> [String] {
        var words: [String] = []
        var word: [UInt8]?
        var quote: UInt8?
        var isEscaped = false
        func append(_ byte: UInt8) {
            if word == nil { word = [] }
            word?.append(byte)
        }
        for byte in text.utf8 {
            switch byte {
            case _ where isEscaped:
                isEscaped = false
                // A line that goes on.
                if byte != newline, byte != carriageReturn { append(byte) }
            case backslash where quote != singleQuote: isEscaped = true
            case _ where byte == quote: quote = nil
            case singleQuote where quote == nil, doubleQuote where quote == nil:
                quote = byte
                word = word ?? []
            case _ where quote == nil && blanks.contains(byte):
                if let whole = word { words.append(String(decoding: whole, as: UTF8.self)) }
                word = nil
            default: append(byte)
            }
        }
        if let whole = word { words.append(String(decoding: whole, as: UTF8.self)) }
        return words
    }

    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let backslash = UInt8(ascii: "\\")
    private static let singleQuote = UInt8(ascii: "'")
    private static let doubleQuote = UInt8(ascii: "\"")
    private static let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D]
}
