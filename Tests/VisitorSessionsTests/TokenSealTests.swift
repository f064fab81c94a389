import Foundation
import Testing
import VisitorSessions

struct TokenSealTests {
    private let seal = TokenSeal(SealingKey())
    private let token = Secret("OauthNG.JWS.token")
    private let id = SessionID()

    @Test(
        "A sealed token opens to the original",
        arguments: ["", "a", "ümlaut \u{0} 購", String(repeating: "x", count: 9000)])
    func opens(_ text: String) throws {
        let sealed = try seal.seal(Secret(text), of: id, in: .access)
        #expect(try seal.open(sealed, of: id, in: .access) == Secret(text))
        #expect(sealed.count == text.utf8.count + 37)
    }

    @Test("Sealing the same token twice differs and reveals nothing")
    func isRandom() throws {
        let first = try seal.seal(token, of: id, in: .access)
        let second = try seal.seal(token, of: id, in: .access)
        #expect(first != second)
        #expect(first.range(of: Data(token.reveal().utf8)) == nil)
        #expect(first.dropFirst().prefix(8) == seal.keyID)
    }

    @Test("A sealed token opens only for its session and column")
    func isBound() throws {
        let sealed = try seal.seal(token, of: id, in: .access)
        #expect(throws: SealError.altered) { try seal.open(sealed, of: SessionID(), in: .access) }
        #expect(throws: SealError.altered) { try seal.open(sealed, of: id, in: .refresh) }
    }

    @Test("A wrong key and an altered token are distinguished")
    func tellsTheKey() throws {
        let other = try TokenSeal(SealingKey()).seal(token, of: id, in: .access)
        #expect(throws: SealError.otherKey) { try seal.open(other, of: id, in: .access) }
    }

    @Test("Every changed byte is detected")
    func noticesEveryByte() throws {
        let sealed = try seal.seal(token, of: id, in: .access)
        for index in sealed.indices {
            var altered = sealed
            altered[index] ^= 1
            #expect(throws: SealError.self, "byte \(index)") { try seal.open(altered, of: id, in: .access) }
        }
    }

    @Test("Every truncation is refused, and a slice of a larger buffer opens")
    func noticesLength() throws {
        let sealed = try seal.seal(token, of: id, in: .access)
        for length in 0..<sealed.count {
            #expect(throws: SealError.self, "\(length) bytes") {
                try seal.open(sealed.prefix(length), of: id, in: .access)
            }
        }
        let slice = (Data([9, 9, 9]) + sealed + Data([9])).dropFirst(3).dropLast()
        #expect(try seal.open(slice, of: id, in: .access) == token)
    }

    @Test("Fingerprints are equal exactly for equal tokens and keys")
    func fingerprints() throws {
        let key = SealingKey()
        let copy = try #require(SealingKey(base64: " \(key.base64().reveal())\n"))
        #expect(TokenSeal(key).fingerprint(token) == TokenSeal(copy).fingerprint(token))
        #expect(TokenSeal(key).fingerprint(token).description.count == 8)
        #expect(TokenSeal(key).fingerprint(token) != TokenSeal(key).fingerprint(Secret("other")))
        #expect(TokenSeal(key).fingerprint(token) != seal.fingerprint(token))
    }

    @Test("A key's description shows its ID, never the key")
    func describesTheKey() {
        let key = SealingKey()
        #expect("\(key)".count == 16)
        #expect(!"\(key)\(String(reflecting: key))".contains(key.base64().reveal()))
        #expect(SealingKey(base64: key.base64().reveal())?.id == key.id)
    }

    @Test("Only 32 bytes in base64 are a key", arguments: ["", "abc", "!!!!", "AAAA"])
    func refusesOthers(_ text: String) {
        #expect(SealingKey(base64: text) == nil)
    }
}
