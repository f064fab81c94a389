import Foundation
import Testing
import VisitorSessions
import VisitorSessionsTesting

@testable import WixHeadless

@Suite("Round trips") struct RoundTripTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let forms: [TokenExport] = [
        .accessToken, .refreshToken, .sdk, .cookie, .env, .header, .curlConfiguration, .curlCommand, .response,
    ]

    /// Characters of opaque tokens. Visible ASCII is allowed (RFC 6749, appendix A).
    private static let characters = Array("abcXYZ0123456789-_~+/=")

    private static func session(using random: inout SplitMix) -> OpenedSession {
        let isWix = Bool.random(using: &random)
        let life = Int.random(in: 60...14_400, using: &random)
        let (start, end) = (Int(now.timeIntervalSince1970), Int(now.timeIntervalSince1970) + life)
        let isMember = Bool.random(using: &random)
        let instance =
            isMember ? #"{\"instance\":{\"uid\":\"u\#(life)\"}}"# : #"{\"instance\":{\"aid\":\"v\#(life)\"}}"#
        func opaque() -> String {
            "t1"
                + String(
                    (0..<Int.random(in: 16...64, using: &random)).compactMap { _ in
                        characters.randomElement(using: &random)
                    })
        }
        let access =
            isWix
            ? "OauthNG.JWS."
                + Samples.jwt(#"{"alg":"none"}"#, #"{"data":"\#(instance)","iat":\#(start),"exp":\#(end)}"#)
            : opaque()
        let refresh = isWix ? "JWS." + Samples.jwt("{}", #"{"data":"\"\#(life)\""}"#) : opaque()
        let accessToken = AccessToken.reading(Secret(access), expiresAt: Date(timeIntervalSince1970: Double(end)))
        var tokens = Tokens(accessToken: accessToken)
        if Int.random(in: 0..<4, using: &random) > 0 {
            tokens.refreshToken = .reading(
                Secret(refresh), role: isMember ? .member : .visitor, issuedWith: accessToken)
        }
        return OpenedSession(VisitorSession(clientID: Samples.clientID, tokens: tokens, at: now), tokens: tokens)
    }

    @Test("Whatever export writes in any form is read back to the same tokens", arguments: forms)
    func export(_ form: TokenExport) throws {
        var random = SplitMix(state: 17)
        for _ in 0..<200 {
            let session = Self.session(using: &random)
            guard let text = form.text(of: session, now: Self.now)?.reveal() else { continue }
            let isOpaque = TokenText.Form(session.tokens.accessToken?.value.reveal() ?? "") == .other
            // A bare opaque token doesn't say what it is.
            if isOpaque, form == .accessToken || form == .refreshToken { continue }
            let read = try TokenDiscovery.read(Data(text.utf8), now: Self.now).single()
            if form != .refreshToken {
                #expect(read.tokens.accessToken?.value == session.tokens.accessToken?.value)
            }
            guard form == .sdk || form == .cookie || form == .response || form == .env else { continue }
            #expect(read.tokens.refreshToken?.value == session.tokens.refreshToken?.value)
            if form == .env { #expect(read.clientID == Samples.clientID) }
            guard form == .sdk || form == .cookie || !isOpaque else { continue }
            #expect(read.tokens.accessToken?.expiresAt == session.tokens.accessToken?.expiresAt)
            #expect(read.tokens.role == session.tokens.role)
        }
    }

    @Test("Several sessions in one text are read back, each once", arguments: [TokenExport.sdk, .cookie, .response])
    func several(_ form: TokenExport) throws {
        var random = SplitMix(state: 23)
        let sessions = (0..<20).map { _ in Self.session(using: &random) }
        let text = sessions.compactMap { form.text(of: $0, now: Self.now)?.reveal() }.joined(separator: "\n")
        let found = try TokenDiscovery.read(Data(text.utf8), now: Self.now)
        #expect(found.findings.count == sessions.count)
        func pairs(_ tokens: [Tokens]) -> Set<[Secret?]> {
            Set(tokens.map { [$0.accessToken?.value, $0.refreshToken?.value] })
        }
        #expect(pairs(found.findings.map(\.read.tokens)) == pairs(sessions.map(\.tokens)))
    }
}
