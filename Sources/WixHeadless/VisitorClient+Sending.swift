public import VisitorSessions

public import struct Foundation.Data

extension WixTokenIssuer {
    /// Like ``information(about:)``; `manager` learns the issuer's clock from the response.
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
    /// Sends a request as this visitor, with the raw access token in `Authorization`. The token is renewed before it
    /// expires; if the response says that it has expired anyway, it's renewed and the request is sent once more.
    ///
    /// Throws ``SessionError`` if there is no token to send, and ``HTTPTransportError`` if there is no response.
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

/// Recognizes how Wix's APIs respond to an expired access token.
///
/// Most respond with 401 (RFC 9110, section 15.5.2). Some respond with 400 and `WDE0117`, Wix's code for a missing
/// site.
public enum ExpiredToken {
    private static let code = Data("WDE0117".utf8)

    public static func isReported(byStatus status: Int, body: Data) -> Bool {
        status == 401 || status == 400 && body.range(of: code) != nil
    }
}
