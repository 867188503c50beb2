// The program: yamux-js, as library.mjs drives it.

import FakeTimers from '@sinonjs/fake-timers';

import { serve } from '../js/main.mjs';
import * as library from './library.mjs';

serve(library, FakeTimers);
