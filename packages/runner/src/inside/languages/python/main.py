"""Starts the worker. Its own directory comes last in the search path, so that it hides no package."""

import os
import sys

if __name__ == "__main__":
    sys.path.append(os.path.dirname(os.path.abspath(__file__)))
    from millrace.worker import serve

    serve(memory_bytes=int(sys.argv[1]) if len(sys.argv) > 1 else None)
