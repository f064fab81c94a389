import Foundation
import VisitorSessions

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
