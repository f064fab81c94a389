public import struct Foundation.Data

/// A keyed digest of a token: the same for the same token and key, and no help in guessing the token.
public struct TokenFingerprint: Hashable, Sendable {
    private static let size = 16

    /// The sixteen bytes, as stores keep them.
    public let bytes: Data

    /// `nil` for any other number of bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.size else { return nil }
        self.bytes = Data(bytes)
    }

    init(digest: some Sequence<UInt8>) {
        bytes = Data(digest.prefix(Self.size))
    }
}

extension TokenFingerprint: CustomStringConvertible {
    /// The first eight hexadecimal digits: enough to tell two tokens apart by sight.
    public var description: String {
        bytes.prefix(4).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
