import Foundation
import Synchronization
import VisitorSessions
import WixHeadless

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// One request whose answer goes to standard output as it comes, and whose body may come from a file: however large they are.
struct StreamedExchange {
    /// An answer that may be about the token, with status 400 or 401: held back, because the request may be sent once more.
    struct Refused {
        var status: Int
        var body: Data

        var isExpiredToken: Bool { ExpiredToken.isMeant(byStatus: status, body: body) }
    }

    struct Answer {
        var status: Int
        var requestID: String?
        var refused: Refused?
    }

    /// - Parameter file: What is sent as the body, in place of the request's own.
    func send(_ request: HTTPRequest, file: URL?, token: Secret) async throws -> Answer {
        var foundation = URLRequest(url: request.url)
        foundation.httpMethod = request.method
        foundation.httpBody = request.body
        foundation.httpShouldHandleCookies = false
        for (name, value) in request.headers { foundation.setValue(value, forHTTPHeaderField: name) }
        foundation.setValue(token.reveal(), forHTTPHeaderField: "Authorization")
        let configuration = URLSessionConfiguration.ephemeral
        configuration.urlCache = nil
        configuration.httpCookieStorage = nil
        let receiver = Receiver()
        let session = URLSession(configuration: configuration, delegate: receiver, delegateQueue: nil)
        defer { session.finishTasksAndInvalidate() }
        let task =
            file.map { session.uploadTask(with: foundation, fromFile: $0) } ?? session.dataTask(with: foundation)
        return try await withCheckedThrowingContinuation { waiter in
            receiver.begin(waiter)
            task.resume()
        }
    }

    private final class Receiver: NSObject, URLSessionDataDelegate {
        private struct State {
            var waiter: CheckedContinuation<Answer, any Error>?
            /// `nil`: it was too large for one that is about the token, and has been written.
            var held: Data? = Data()
            var failure: (any Error)?

            /// Returns what is to be written now.
            mutating func hold(_ data: Data, limit: Int) -> Data {
                guard var all = held else { return data }
                all.append(data)
                held = all.count <= limit ? all : nil
                return held == nil ? all : Data()
            }
        }

        /// The largest answer that is held back, in bytes: an error's.
        private static let limit = 1 << 20

        private let state = Mutex(State())

        func begin(_ waiter: CheckedContinuation<Answer, any Error>) {
            state.withLock { $0.waiter = waiter }
        }

        func urlSession(
            _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
            newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
        ) {
            // The token is for whom it was sent to.
            completionHandler(nil)
        }

        func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
            let ready = isAboutToken(dataTask) ? state.withLock { $0.hold(data, limit: Self.limit) } : data
            do {
                try StandardOutput.write(ready)
            } catch {
                state.withLock { $0.failure = error }
                dataTask.cancel()
            }
        }

        func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
            let (waiter, held, failure) = state.withLock { ($0.waiter.take(), $0.held, $0.failure) }
            guard error == nil, failure == nil, let response = task.response as? HTTPURLResponse else {
                let host = task.originalRequest?.url?.host() ?? "the server"
                waiter?.resume(
                    throwing: failure ?? Failure(.issuer, "The request to \(host) failed: no whole answer came."))
                return
            }
            var answer = Answer(
                status: response.statusCode, requestID: response.value(forHTTPHeaderField: "x-wix-request-id"))
            if isAboutToken(task), let held { answer.refused = Refused(status: response.statusCode, body: held) }
            waiter?.resume(returning: answer)
        }

        private func isAboutToken(_ task: URLSessionTask) -> Bool {
            [400, 401].contains((task.response as? HTTPURLResponse)?.statusCode)
        }
    }
}
