public import VisitorSessions

public import struct Foundation.Data

extension WixTokenIssuer {
    /// The same as ``information(about:)``, from whose answer `manager` learns the issuer's clock.
    package func information(
        about token: Secret, teaching manager: SessionManager
    ) async throws(IssuerError) -> TokenInformation {
        let sent = manager.clock.moment
        do throws(IssuerError) {
            let information = try await information(about: token)
            await manager.learnClock(information.serverDate, sent: sent)
            return information
        } catch {
            await manager.learnClock(error.serverDate, sent: sent)
            throw error
        }
    }
}

extension VisitorClient {
    /// Sends a request as this client's visitor: with the raw access token in `Authorization`, which is renewed before its end.
    /// Where the answer says that the token is expired all the same, it is renewed, and the request sent once more.
    ///
    /// Throws ``SessionError`` where there is no token to send, and ``HTTPTransportError`` where there is no answer.
    public func send(_ request: HTTPRequest, over transport: any HTTPTransport) async throws -> HTTPResponse {
        try await authorized { token in
            var authorized = request
            authorized.headers.removeAll { $0.name.lowercased() == "authorization" }
            authorized.headers.append(("Authorization", token.reveal()))
            return try await transport.send(authorized)
        } isExpired: { response in
            ExpiredToken.isReported(byStatus: response.status, body: response.body)
        }
    }
}

/// What an API of Wix answers to an access token that has expired.
///
/// Most answer 401 (RFC 9110, section 15.5.2). Some answer 400 with the code `WDE0117`, as if the site were gone.
public enum ExpiredToken {
    private static let code = Data("WDE0117".utf8)

    public static func isReported(byStatus status: Int, body: Data) -> Bool {
        status == 401 || status == 400 && body.range(of: code) != nil
    }
}
