import Foundation
import Testing
import VisitorSessions

struct SealingKeyRingTests {
    private let keys = [SealingKey(), SealingKey()]
    private var texts: [String] { keys.map { $0.base64().reveal() } }

    @Test("Keys are separated by line breaks, spaces or commas", arguments: ["\n", ",", " , ", "\r\n", "\t"])
    func reads(_ separator: String) throws {
        let ring = try #require(SealingKeyRing(" \(texts.joined(separator: separator))\n"))
        #expect(ring.keys.map(\.id) == keys.map(\.id))
    }

    @Test("A text with anything but keys is rejected", arguments: ["", " , ", "AAAA", "?"])
    func refuses(_ text: String) {
        #expect(SealingKeyRing(text) == nil)
        #expect(text.contains { $0.isLetter || $0 == "?" } == (SealingKeyRing("\(texts[0]) \(text)") == nil))
    }

    @Test("The first key seals; every key unseals and computes fingerprints")
    func opens() throws {
        let id = SessionID()
        let token = Secret("token")
        let old = try TokenSeal(keys[1]).seal(token, of: id, in: .access)
        let seal = TokenSeal(SealingKeyRing(keys[0], [keys[1]]))
        #expect(try seal.open(old, of: id, in: .access) == token)
        #expect(try TokenSeal(keys[0]).open(seal.seal(token, of: id, in: .access), of: id, in: .access) == token)
        #expect(seal.fingerprints(token) == keys.map { TokenSeal($0).fingerprint(token) })
        #expect(throws: SealError.otherKey) { try TokenSeal(keys[0]).open(old, of: id, in: .access) }
    }

    @Test("Replacing the keys is atomic, private and leaves no other file")
    func replaces() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "key-ring-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = SealingKeyFile(folder.appending(path: "key"))
        _ = try file.readOrCreate()
        try file.replace(with: SealingKeyRing(keys[0], [keys[1]]))
        #expect(try file.read()?.keys.map(\.id) == keys.map(\.id))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["key"])
        let mode = try FileManager.default.attributesOfItem(atPath: file.url.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }
}
