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
