import Testing
import VisitorSessions

struct SessionIDTests {
    private let id = SessionID("3f2a91c0-0b1d-4e5f-8a9b-ffeeddccbbaa")

    @Test(
        "Its first digits are those of its text without dashes",
        arguments: [
            (-1, ""), (0, ""), (1, "3"), (6, "3f2a91"), (9, "3f2a91c00"), (99, "3f2a91c00b1d4e5f8a9bffeeddccbbaa"),
        ])
    func prefix(_ length: Int, _ digits: String) throws {
        #expect(try #require(id).prefix(length) == digits)
    }

    @Test(
        "The number of shared digits is exact",
        arguments: [
            ("3f2a91c0-0b1d-4e5f-8a9b-ffeeddccbbaa", 32), ("3f2a91c0-0b1d-4e5f-8a9b-ffeeddccbbab", 31),
            ("3f2a91c0-1b1d-4e5f-8a9b-ffeeddccbbaa", 8), ("4f2a91c0-0b1d-4e5f-8a9b-ffeeddccbbaa", 0),
            ("3e2a91c0-0b1d-4e5f-8a9b-ffeeddccbbaa", 1),
        ])
    func shared(_ other: String, _ count: Int) throws {
        #expect(try #require(id).sharedDigits(with: try #require(SessionID(other))) == count)
    }

    @Test("They sort like their text")
    func order() {
        let ids = (0..<50).map { _ in SessionID() }
        #expect(ids.sorted().map(\.description) == ids.map(\.description).sorted())
    }
}
