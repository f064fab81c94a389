public import struct Foundation.UUID

/// A session's name for ever: a random UUID (version 4).
///
/// Random, so that its first characters name it: with six of them, two of a thousand sessions share a name
/// about once in thirty stores.
public struct SessionID: Hashable, Sendable {
    public let uuid: UUID

    public init(_ uuid: UUID) {
        self.uuid = uuid
    }

    /// A new one.
    ///
    /// `UUID()` reads /dev/urandom, and is all zeros where the process can open no file.
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

    /// Reads the usual spelling of a UUID, in either case. `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        guard let uuid = UUID(uuidString: String(text)) else { return nil }
        self.uuid = uuid
    }

    /// The first `length` hexadecimal digits: what people read and type.
    public func prefix(_ length: Int) -> String {
        // Every row of a list shows one, once a second: not by way of a whole UUID's text.
        let count = min(max(length, 0), 32)
        return withUnsafeBytes(of: uuid.uuid) { bytes in
            String(unsafeUninitializedCapacity: count) { digits in
                for place in 0..<count {
                    let digit = place.isMultiple(of: 2) ? bytes[place / 2] >> 4 : bytes[place / 2] & 15
                    digits[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                }
                return count
            }
        }
    }

    /// With how many hexadecimal digits both begin.
    public func sharedDigits(with other: SessionID) -> Int {
        let pairs = zip(bytes, other.bytes)
        let shared = pairs.prefix { $0 == $1 }.count
        let isHalfShared = pairs.dropFirst(shared).first { _ in true }.map { $0 >> 4 == $1 >> 4 } == true
        return shared * 2 + (isHalfShared ? 1 : 0)
    }

    /// The sixteen bytes, most significant first; their order is the order of the text.
    public var bytes: [UInt8] {
        withUnsafeBytes(of: uuid.uuid) { Array($0) }
    }
}

extension SessionID: CustomStringConvertible, Comparable {
    public var description: String {
        uuid.uuidString.lowercased()
    }

    public static func < (left: SessionID, right: SessionID) -> Bool {
        left.uuid < right.uuid
    }
}

/// How people name a session: by the first digits of its ID, or by its label.
public enum SessionReference {
    /// The hexadecimal digits that `reference` consists of, lower case and without dashes. `nil` where it
    /// cannot be the beginning of an ID.
    public static func digits(_ reference: String) -> String? {
        let digits = reference.lowercased().filter { $0 != "-" }
        guard !digits.isEmpty, digits.count <= 32, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            return nil
        }
        return digits
    }
}
