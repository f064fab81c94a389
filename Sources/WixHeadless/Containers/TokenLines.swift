import Foundation
import VisitorSessions

/// Several lines with tokens: JSON, bare tokens or cookies, one a line. An access token and the refresh token in
/// the next line are a pair.
enum TokenLines {
    static let name = "text of several lines"

    static func read(_ text: some StringProtocol, now: Date) -> FoundTokens {
        var list = FindingList()
        var lone: (read: ReadTokens, place: String)?
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            guard !line.allSatisfy(\.isWhitespace) else { continue }
            let place = "line \(index + 1)"
            if let cookies = CookieHeader.cookies(line) {
                for cookie in cookies { cookie.find(at: "\(place), cookie \(cookie.shown)", now: now, into: &list) }
                continue
            }
            do {
                let read = try StoredShapes.read(String(line), now: now)
                let (access, refresh) = (read.tokens.accessToken, read.tokens.refreshToken)
                if let access = lone?.read.tokens.accessToken, let refresh, read.tokens.accessToken == nil {
                    let pair = Tokens(
                        accessToken: access, refreshToken: .reading(refresh.value, issuedWith: access))
                    list.add(ReadTokens(tokens: pair, shape: "access and refresh token"), at: lone?.place ?? place)
                    lone = nil
                    continue
                }
                if let lone { list.add(lone.read, at: lone.place) }
                lone = access != nil && refresh == nil ? (read, place) : nil
                if lone == nil { list.add(read, at: place) }
            } catch {
                list.add(problem: error, at: place)
            }
        }
        if let lone { list.add(lone.read, at: lone.place) }
        return list.found(in: name)
    }
}
