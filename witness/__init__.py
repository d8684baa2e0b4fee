"""The witness: a small program of its own that cosigns how far a log has grown, and never that it shrank.

Standard library only. What signed notes, trees and signatures are is said here once; the service, which asks
witnesses, reads it from here, and the witness knows nothing of the service.
"""
