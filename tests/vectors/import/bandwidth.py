# A test in the manner of ReFrame, of our own making: what can be taken over, and what can't.
import os

import reframe as rfm
import reframe.utility.sanity as sn

UNIT = 'MB/s'


class build(rfm.CompileOnlyRegressionTest):
    executable = 'never'


class common(rfm.RunOnlyRegressionTest):
    '''Memory bandwidth, by a program
    that prints what it has seen.
    '''

    valid_systems = ['*']
    size = variable(int, value=1 << 4)
    rounds = variable(int, value=10)
    executable = 'membw'
    num_tasks = 4
    num_tasks_per_node = 2
    time_limit = '1h5m'
    env_vars = {'OMP_NUM_THREADS': 1, 'PLACES': 'cores', 'DIR': '$HOME/x'}

    @sanity_function
    def validate(self):
        return sn.all([
            sn.assert_found(r'Result (?:is|was) right', self.stdout),
            sn.assert_le(sn.extractsingle(r'^error = (?P<e>\S+)', self.stdout, 'e', float), 1e-6),
            sn.assert_not_found(r'WARNING', self.stderr),
        ])

    @performance_function(UNIT)
    def copy(self):
        return sn.extractsingle(r'Copy:\s+(\S+)', self.stdout, 1, float)

    @performance_function('us', perf_key='lat99')
    def latency(self):
        '''Of the slowest hundredth.'''
        regex = r'p50=\S+ p99=' r'(?P<v>\S+)'
        return sn.extractsingle(regex, 'latency.txt', tag='v', conv=float)

    @performance_function('s')
    def best(self):
        return sn.min(sn.extractall(r'(\d+) s', self.stdout, 1, float))

    @performance_function('things')
    def things(self):
        return sn.extractsingle(r'things: (\d+)', self.stdout, 1, int)

    @performance_function('s')
    def lazy(self):
        return sn.extractsingle(r'a.*?(\d+) s', self.stdout, 1, float)


@rfm.simple_test
class membw_test(common):
    descr = 'Bandwidth of memory'
    modules = ['tools']
    executable_opts = ['--rounds', f'{common}', '-x']

    @run_before('run')
    def set_options(self):
        self.executable_opts = ['--rounds', f'{self.rounds}', '--name="a b"']
        self.executable_opts += ['-v'] + ['-w']
        if self.current_system.name == 'daint':
            self.env_vars['MORE'] = '1'
