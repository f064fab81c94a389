public import struct Foundation.UUID

/// A session's permanent ID: a random UUID (version 4).
///
/// Because it is random, its first characters identify it. If six are used, about one in thirty stores of a thousand
/// sessions has two that collide.
public struct SessionID: Hashable, Sendable {
    public let uuid: UUID

    public init(_ uuid: UUID) {
        self.uuid = uuid
    }

    /// A new random ID.
    ///
    /// `UUID()` reads /dev/urandom and returns zeros if the process can't open files.
    public init() {
        var generator = SystemRandomNumberGenerator()
        var bytes = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)).uuid
        withUnsafeMutableBytes(of: &bytes) { bytes in
            bytes.storeBytes(of: generator.next(), as: UInt64.self)
            bytes.storeBytes(of: generator.next(), toByteOffset: 8, as: UInt64.self)
            // RFC 9562, section 5.4: version and variant.
            bytes[6] = bytes[6] & 0x0F | 0x40
            bytes[8] = bytes[8] & 0x3F | 0x80
        }
        uuid = UUID(uuid: bytes)
    }

    /// Reads a UUID in either case.
    public init?(_ text: some StringProtocol) {
        guard let uuid = UUID(uuidString: String(text)) else { return nil }
        self.uuid = uuid
    }

    /// The first `length` hexadecimal digits, which people read and type.
    public func prefix(_ length: Int) -> String {
        // Every visible row uses this once a second: avoid formatting the whole UUID.
        text(digits: min(max(length, 0), 32), dashesAfter: [])
    }

    private func text(digits count: Int, dashesAfter dashes: [Int]) -> String {
        withUnsafeBytes(of: uuid.uuid) { bytes in
            String(unsafeUninitializedCapacity: count + dashes.count) { text in
                var end = 0
                for place in 0..<count {
                    let digit = place.isMultiple(of: 2) ? bytes[place / 2] >> 4 : bytes[place / 2] & 15
                    text[end] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                    end += 1
                    guard dashes.contains(place + 1) else { continue }
                    text[end] = UInt8(ascii: "-")
                    end += 1
                }
                return end
            }
        }
    }

    // RFC 9562, section 4.
    private static let dashes = [8, 12, 16, 20]

    /// The number of leading hexadecimal digits that both IDs share.
    public func sharedDigits(with other: SessionID) -> Int {
        let pairs = zip(bytes, other.bytes)
        let shared = pairs.prefix { $0 == $1 }.count
        let isHalfShared = pairs.dropFirst(shared).first { _ in true }.map { $0 >> 4 == $1 >> 4 } == true
        return shared * 2 + (isHalfShared ? 1 : 0)
    }

    /// Sixteen bytes, most significant first, so that they sort like the text.
    public var bytes: [UInt8] {
        withUnsafeBytes(of: uuid.uuid) { Array($0) }
    }
}

extension SessionID: CustomStringConvertible, Comparable {
    public var description: String {
        text(digits: 32, dashesAfter: Self.dashes)
    }

    public static func < (left: SessionID, right: SessionID) -> Bool {
        left.uuid < right.uuid
    }
}

/// How people refer to a session: by the first digits of its ID, or by its label.
public enum SessionReference {
    /// The hexadecimal digits of `reference` in lower case without dashes. `nil` if it can't be the beginning of an ID.
    public static func digits(_ reference: String) -> String? {
        let digits = reference.lowercased().filter { $0 != "-" }
        guard !digits.isEmpty, digits.count <= 32, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            return nil
        }
        return digits
    }
}
