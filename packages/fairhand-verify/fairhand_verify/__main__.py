"""`python -m fairhand_verify FILE`."""

from fairhand_verify import main

raise SystemExit(main())
