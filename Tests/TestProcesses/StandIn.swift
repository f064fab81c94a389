package import Foundation

/// A stand-in of www.wixapis.com with TLS on loopback: a Node server with its own certificate.
package final class StandIn: Sendable {
    package static let isAvailable = ["/usr/bin/node", "/usr/bin/openssl"]
        .allSatisfy(FileManager.default.isExecutableFile)

    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "LiveSessionsTests/Fixtures")

    package let port: String

    /// Its certificate, for `NODE_EXTRA_CA_CERTS`.
    package let certificate: String
    private let child: ChildProcess

    /// - Parameter folder: Where its files are.
    package init(in folder: URL, _ environment: [String: String] = [:]) async throws {
        func file(_ name: String) -> String { folder.appending(path: name).path }
        let key = file("key.pem")
        certificate = file("cert.pem")
        let path = ["PATH": "/usr/bin:/bin"]
        if !FileManager.default.fileExists(atPath: key) {
            let made = try ChildProcess(
                [
                    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key,
                    "-out", certificate,
                ], environment: path)
            guard await made.end() == 0 else { throw POSIXError(.EIO) }
        }
        // Its standard input stays open as long as this process lives.
        let (input, output) = (file("input-\(UUID().uuidString)"), file("port-\(UUID().uuidString)"))
        mkfifo(input, 0o600)
        _ = open(input, O_RDWR)
        child = try ChildProcess(
            ["node", Self.fixtures.appending(path: "stand-in.cjs").path, key, certificate],
            environment: path.merging(environment) { $1 }, input: input, output: output, errors: output)
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if let port = try? String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").first {
                self.port = String(port)
                return
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw POSIXError(.ETIMEDOUT)
    }

    package func stop() { kill(child.id, SIGKILL) }
}
