public import struct Foundation.Data

/// What an API of Wix answers to an access token that has expired.
///
/// Most answer 401 (RFC 9110, section 15.5.2). Some answer 400 with the code `WDE0117`, as if the site were gone.
public enum ExpiredToken {
    private static let code = Data("WDE0117".utf8)

    public static func isMeant(byStatus status: Int, body: Data) -> Bool {
        status == 401 || status == 400 && body.range(of: code) != nil
    }
}
