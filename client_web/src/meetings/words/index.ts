/** The words of this feature, a table for each subject, vi and en side by side. */
import { agenda } from './agenda';
import { home } from './home';
import { papers } from './papers';
import { participants } from './participants';
import { problems } from './problems';
import { steps } from './steps';

export const words = [agenda, home, papers, participants, problems, steps];
